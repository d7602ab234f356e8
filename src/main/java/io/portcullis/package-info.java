/**
 * The program: {@link io.portcullis.Main} reads the command line, {@link io.portcullis.Gateway} is the composition root that builds all
 * rooms, deploys their verticles as the configuration says and stops them in reverse order.
 *
 * <p>The commands stand here as well: so far they reach PostgreSQL and Redis themselves, through the same rooms as the gateway, and need
 * what it needs of the configuration ({@link io.portcullis.Connections}, {@link io.portcullis.Installation}).
 *
 * <p>May import every room; no room imports this one. Nothing here runs on an event loop: waiting is allowed, and always limited
 * ({@link io.portcullis.Waiting}). Only what is handed to rooms is called on their event loops, and is quick: meters, health checks
 * ({@link io.portcullis.Probes}, {@link io.portcullis.ConfigReload}) and {@link io.portcullis.SlowOperations}.
 */
@NullMarked
package io.portcullis;

import org.jspecify.annotations.NullMarked;
