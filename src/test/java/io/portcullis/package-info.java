/** The program as a whole, from its command line. */
@NullMarked
package io.portcullis;

import org.jspecify.annotations.NullMarked;
