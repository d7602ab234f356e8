/** Tests of the data plane that need no registry. */
@NullMarked
package io.portcullis.ingress;

import org.jspecify.annotations.NullMarked;
