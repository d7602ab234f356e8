/** Tests of the freshness room, and what other rooms' tests need of it. */
@NullMarked
package io.portcullis.freshness;

import org.jspecify.annotations.NullMarked;
