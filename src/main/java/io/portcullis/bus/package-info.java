/**
 * How verticles speak with each other. Every conversation is one constant: an address bound to its message types. Payloads are immutable
 * records and travel by reference; delivery is local to the process.
 *
 * <p>Imports no other package of ours.
 */
@NullMarked
package io.portcullis.bus;

import org.jspecify.annotations.NullMarked;
