/** Tests of the services that are asked over HTTP, against stand-ins that speak HTTP. */
@NullMarked
package io.portcullis.upstream;

import org.jspecify.annotations.NullMarked;
