package io.portcullis.events;

import io.portcullis.bus.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server that may be away for a while: work with it is repeated until it is back, less and less often. Tells the log once when it goes and
 * once when it is back. Belongs to one event loop.
 */
final class Outage {

    /** Nobody waits any more: what was to be repeated is not. */
    static final class Stopped extends RuntimeException {
        Stopped() {
            super("stopped", null, false, false);
        }
    }

    private static final Logger log = LoggerFactory.getLogger(Outage.class);
    private static final long NO_TIMER = -1;

    private final Vertx vertx;
    private final String server;
    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private final Consumer<Boolean> onAway;
    private int attempts;
    private long since;
    private boolean stopped;
    private long timer = NO_TIMER;
    private @Nullable Promise<Void> pause;

    /**
     * @param server as logs name it
     * @param first pause; each is twice as long as the one before, less up to half of it at random
     * @param longest pause
     * @param onAway hears that it is away, or back
     */
    Outage(
            Vertx vertx,
            String server,
            Duration first,
            Duration longest,
            RandomGenerator random,
            Consumer<Boolean> onAway) {
        this.vertx = vertx;
        this.server = server;
        this.first = first;
        this.longest = longest;
        this.random = random;
        this.onAway = onAway;
    }

    /**
     * Does the work until it succeeds or fails with something that says nothing of the server.
     *
     * @param isAway which failures are the server's
     */
    <T extends @Nullable Object> Future<T> persist(Supplier<Future<T>> work, Predicate<Throwable> isAway) {
        Promise<T> done = Promise.promise();
        Loop.whileTrue(() -> work.get().transform(result -> {
                    if (result.failed() && isAway.test(result.cause())) {
                        return waitAfter(result.cause()).map(true);
                    }
                    over();
                    done.handle(result);
                    return Future.succeededFuture(false);
                }))
                .onFailure(done::tryFail);
        return done.future();
    }

    /** The server is away. Completes when it is time to try again; fails with {@link Stopped} when nobody will. */
    Future<Void> waitAfter(Throwable why) {
        if (stopped) {
            return Future.failedFuture(new Stopped());
        }
        if (attempts++ == 0) {
            since = System.nanoTime();
            onAway.accept(true);
            log.warn("event=admin_events.{}_away reason=\"{}\"", server, why.getMessage());
        }
        Promise<Void> waiting = Promise.promise();
        pause = waiting;
        timer = vertx.setTimer(delayMillis(), id -> waiting.tryComplete());
        return waiting.future();
    }

    private long delayMillis() {
        long doubled = first.toMillis() << Math.min(attempts - 1, 20);
        long most = Math.max(1, Math.min(doubled, longest.toMillis()));
        return Math.max(1, most - random.nextLong(most / 2 + 1));
    }

    /** The server has answered. */
    void over() {
        if (attempts > 0) {
            attempts = 0;
            onAway.accept(false);
            log.info(
                    "event=admin_events.{}_back after_ms={}",
                    server,
                    Duration.ofNanos(System.nanoTime() - since).toMillis());
        }
    }

    boolean isAway() {
        return attempts > 0;
    }

    /** Ends what waits, and lets nothing wait any more. */
    void stop() {
        stopped = true;
        Promise<Void> waiting = pause;
        if (waiting != null && waiting.tryFail(new Stopped())) {
            vertx.cancelTimer(timer);
        }
    }
}
