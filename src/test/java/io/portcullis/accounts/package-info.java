/** Tests of administration against a real PostgreSQL: what holds where the code above forgets something. */
@NullMarked
package io.portcullis.accounts;

import org.jspecify.annotations.NullMarked;
