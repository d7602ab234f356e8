/**
 * The shared tier: a Redis link per event loop and the typed operations of the look-up ladder on top of it.
 *
 * <p>Start at {@link io.portcullis.cache.RedisLinks}, which hands out links, and {@link io.portcullis.cache.RedisCache}, which speaks through
 * one. Standalone servers only, RESP2 only.
 *
 * <p>What this room guarantees:
 *
 * <ul>
 *   <li>An answer is given to the command that asked for it or to nobody. Replies are parsed strictly; a reply that no command waits for,
 *       of a shape that its command cannot have, or that is no RESP2, costs the connection, and all that waited on it fails. (A server
 *       that lies in good form cannot be caught here: records carry a MAC over their name.)
 *   <li>A caller waits no longer than the smaller of {@code command-timeout} and its {@link io.portcullis.bus.Deadline}.
 *   <li>Nothing grows without bound: commands in flight, the size of a reply, the time between two attempts to connect.
 *   <li>A failure is one of {@link io.portcullis.cache.RedisFailure}; whether it is a miss is for the caller to say.
 *   <li>No key, value, user or password is ever logged or carried in a failure.
 * </ul>
 *
 * <p>Why not the connections of vertx-redis-client: its parser hands a bulk string that does not end in CRLF to every waiting command and
 * then loops for ever on the event loop, holds an endless line in memory, logs values nobody waits for, and leaves the socket open after a
 * protocol error ({@code RESPParser}, {@code RedisStandaloneConnection} of 5.0.10; {@code LibraryParserTest} will say when that changes).
 *
 * <p>May import {@code io.portcullis.bus} and no other package of ours.
 */
@NullMarked
package io.portcullis.cache;

import org.jspecify.annotations.NullMarked;
