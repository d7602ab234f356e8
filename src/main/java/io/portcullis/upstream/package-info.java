/**
 * Other services that are asked over HTTP, each behind a circuit breaker: the Admin Service and the User Service.
 *
 * <p>Start at {@link io.portcullis.upstream.AdminServiceCalls}, which is what others ask, and at
 * {@link io.portcullis.upstream.AdminServiceVerticle}, which answers; for users at {@link io.portcullis.upstream.UserServiceClient} and
 * {@link io.portcullis.upstream.UserServiceVerticle}.
 *
 * <pre>
 * AdminServiceVerticle, UserServiceVerticle   the calls on the bus
 *   (CacheAside: users are held)
 *   AdminService, UserService   paths, and what must be in an answer
 *     Upstream           attempts, Retries, UpstreamMeters
 *       Breaker          whether to ask at all (OutcomeWindow)
 *         Exchange       one request and its answer
 * </pre>
 *
 * <p>What this room guarantees:
 *
 * <ul>
 *   <li>A caller waits no longer than its {@link io.portcullis.bus.Deadline}, an attempt no longer than the service's time-out, and a
 *       request that is given up is reset.
 *   <li>A service whose calls fail in too large a part is left alone, also where every other call succeeds; then one call at a time finds out
 *       whether it is back. A 4xx is an answer and no failure.
 *   <li>A service that fails is asked no more than 1.1 times as often as one that does not, and ten times.
 *   <li>Connections, waiting calls and the size of an answer are bounded. A redirect is not followed: the token goes to the configured host
 *       only.
 *   <li>What is known of a user is what the service said of that user, no longer ago than it may be; a Redis that was tampered with changes
 *       nothing of that. Who asks is told one of {@link io.portcullis.upstream.UserServiceException}.
 *   <li>A failure is one of {@link io.portcullis.upstream.UpstreamException}. Neither it nor a log line has a token, a body or a URL.
 * </ul>
 *
 * <p>What vertx-circuit-breaker (5.0.8, {@code CircuitBreakerImpl}) does not do, and what stands against it in
 * {@link io.portcullis.upstream.Breaker}; {@code BreakerTest} plays each case:
 *
 * <ul>
 *   <li>A success clears its count of failures: its own limit is out of reach, the window here calls {@code open()}, which starts the timer
 *       that ends in half-open.
 *   <li>Each {@code open()} starts one more such timer, and one left over would cut the next opening short: it is called once.
 *   <li>While it is half-open, the success of a call that began before the opening closes it: only probes go through {@code execute}, and
 *       what began in another term is not counted.
 *   <li>Without a time-out a probe that hangs keeps it half-open for ever: it always has one.
 *   <li>One lock is taken by all calls: here none is taken before a call, and a short one after it.
 * </ul>
 *
 * <p>Of it we use the state, the timer, the choice of the one probe and its time-out; not retries, fallbacks and notifications.
 *
 * <p>May import {@code io.portcullis.bus} and {@code io.portcullis.cache}, and no other package of ours.
 */
@NullMarked
package io.portcullis.upstream;

import org.jspecify.annotations.NullMarked;
