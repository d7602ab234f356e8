/**
 * What the gateway was used for: when a key was used last and how often, and the traffic of each minute. Counted in memory, written behind.
 *
 * <p>Start at {@link io.portcullis.usage.UsageVerticle}, which says when, and {@link io.portcullis.usage.TrafficReader}, which reads.
 *
 * <pre>
 * UsageVerticle        each flush-every: take, then write; at a clean stop once more
 *   KeyUsage           uses of keys, from the registry's CredentialUses
 *   Traffic            this minute: what the process's own meters say, LatencyHistogram, the busiest clients
 *     WriteBehind      (cache) merged by key and by minute, in batches, once each
 *       UsageWriter    client_key_usage, traffic_minutes
 * </pre>
 *
 * <p>Guarantees: a request pays for adding to a number, and nothing of this ever refuses or delays one; memory is bounded, and what is beyond
 * the bound is counted as dropped; what is written is written once, also where an answer of PostgreSQL was lost; nodes that write the same
 * keys do not deadlock; a last use never goes back. Lost by {@code kill -9}: what was counted since the last completed flush began
 * ({@code usage.flush-every} and the time of one; traffic: ten times that). Nothing here decides anything.
 *
 * <p>Times of use are PostgreSQL's clock less the age of the use, exact to {@code usage.flush-every}. Minutes are those of the node's own
 * clock: they are for people to look at.
 *
 * <p>May import cache, database and registry.
 */
@NullMarked
package io.portcullis.usage;

import org.jspecify.annotations.NullMarked;
