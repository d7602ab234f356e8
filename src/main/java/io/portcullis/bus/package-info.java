/**
 * How verticles speak with each other. Every conversation is one constant: an address bound to its message types. Payloads are immutable
 * records and travel by reference; delivery is local to the process. Beside it what every conversation needs: a
 * {@link io.portcullis.bus.Deadline}, and a {@link io.portcullis.bus.Loop} for many steps of it.
 *
 * <p>Imports no other package of ours.
 */
@NullMarked
package io.portcullis.bus;

import org.jspecify.annotations.NullMarked;
