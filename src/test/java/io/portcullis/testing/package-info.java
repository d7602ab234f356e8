/** What the integration tests of several rooms share. */
@NullMarked
package io.portcullis.testing;

import org.jspecify.annotations.NullMarked;
