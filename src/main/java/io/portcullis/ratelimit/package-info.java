/**
 * Limits: how many requests an address, a client, a key or a tenant may make.
 *
 * <pre>
 * Limits.admitNow                what this node knows: no hop
 *   Policies                     which limits are for the request; attaches them to the client's record, and finds them there
 *   PolicyLimiters               the subjects of a policy
 *     LeasedLimiter              spends what it has taken from Redis beforehand; how much, says Demand
 *     LocalLimiter               counts for itself
 * Limits.admit → Questions → LimitsVerticle → LimitStore → lua/limits.lua
 *   LeasedLimiter.ask            takes some more
 *   ExactLimiter                 asks for each request; all such limits of a request in one question
 *     SharedLimiter              what both do without Redis; Admitted is what they tell it then
 * LimitInspection                how they stand, for administrators
 * FailureLimit                   how often an address may fail to authenticate: this node's own
 * </pre>
 *
 * <p>What this room guarantees, for {@code leased} and {@code exact} alike and however many nodes there are:
 *
 * <ul>
 *   <li>A sliding window of length W never sees more than its limit, a token bucket never more than {@code burst + t × rate} in a span t. A lease
 *       counts as if it were used at its end at the latest, which is on Redis' clock; the node's own end is earlier: the moment of asking plus the
 *       same time, on its monotonic clock. So neither clocks of nodes nor slow answers matter. A lease that nobody gives back, for its node is
 *       dead, counts as used: that is all it costs.
 *   <li>A request is charged by all of its limits, or by none. In a Redis Cluster several {@code exact} limits of one request are charged one
 *       after the other and given back: whoever comes in between may be refused for it, nobody is admitted for it.
 *   <li>Redis away: {@code local} admits on each node the limit divided by the nodes that were there, so all of them together as much again at
 *       most (a node that has never heard of others takes itself for the only one), however often Redis goes away in a window; what was admitted so
 *       is told when Redis is back. A Redis that comes back empty (another generation) grants nothing for its first 600 ms, in which every node
 *       tells it what it has admitted in the last two windows: at least what any window has seen, and up to twice that. (Not in a Cluster: there
 *       a master that comes back empty grants its limits once more.) One that comes back with an older state is not told from itself.
 *   <li>What a warm request costs beside its headers is misses of the processor's caches, with many clients: so its limiter is found at the record
 *       that it has been decided by, without a look-up, and what a lease has left is taken without a lock. A limiter that a look-up would not find
 *       any more (forgotten, idle, or pushed out) is not taken from the record either: a subject has one limiter.
 *   <li>A refused caller costs Redis a question a second at most, and is admitted at the moment that {@code Retry-After} says. Nothing is said of
 *       shadows, and nobody waits for them beyond his deadline.
 *   <li>What is asked of Redis by all event loops goes in batches: while two are on their way the next one gathers, and a lease that nobody waits
 *       for yet waits for others, a while that what is left of the last one outlasts. The script charges request by request, so two of a batch never
 *       see the same; it reads and writes each state once.
 *   <li>A key that Redis drops (it must not, but its memory may be full) is missed for a window at most: the script keeps the sum of a window's
 *       entries and the end of the first, and counts anew where one of the two is not what the other says.
 *   <li>Memory is bounded: so many subjects of a policy, and those that nobody has asked for in two windows go. What is attached to a client's
 *       record is not counted, and stays as long as the record: a limiter more for each client that the near cache holds, at most.
 * </ul>
 *
 * <p>May import auth, bus and cache.
 */
@NullMarked
package io.portcullis.ratelimit;

import org.jspecify.annotations.NullMarked;
