/** Tests of limits: what a node does by itself, and several nodes on a real Redis. */
@NullMarked
package io.portcullis.ratelimit;

import org.jspecify.annotations.NullMarked;
