package io.portcullis.sync;

import io.portcullis.source.SourceException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Timer;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries what may fail for a while again, with growing pauses, until it has failed for too long in a row, or it is told to stop: then whoever
 * waits fails at once. For one thing at a time, and for one context.
 */
final class Patience {

    private static final Logger log = LoggerFactory.getLogger(Patience.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);

    private final Vertx vertx;
    private final Duration limit;
    private @Nullable SyncException stopped;
    private @Nullable Promise<?> waiting;
    private @Nullable Timer pausing;

    /** @param limit from the first failure on */
    Patience(Vertx vertx, Duration limit) {
        this.vertx = vertx;
        this.limit = limit;
    }

    /** What waits, or is begun from now on, fails with this. */
    void stop(SyncException reason) {
        if (stopped == null) {
            stopped = reason;
            Promise<?> one = waiting;
            if (one != null) {
                one.tryFail(reason);
            }
            Timer pause = pausing;
            if (pause != null) {
                // Left to itself it would be cancelled when everything closes, on a thread that is gone by then.
                pause.cancel();
            }
        }
    }

    /** Whether it was told to stop, and why. */
    @Nullable
    SyncException stopped() {
        return stopped;
    }

    /**
     * Tries. A {@link SyncException} and what the database says of the data are no failures that pass.
     *
     * @param what for the log
     * @param interruptible whether a stop ends the wait for an attempt that is under way; otherwise only that for the next one
     */
    <T> Future<T> attempt(String what, boolean interruptible, Supplier<Future<T>> work) {
        return attempt(what, interruptible, work, 0, System.nanoTime());
    }

    private <T> Future<T> attempt(
            String what, boolean interruptible, Supplier<Future<T>> work, int failures, long startedNanos) {
        if (stopped != null) {
            return Future.failedFuture(stopped);
        }
        Future<T> attempt = interruptible ? orStop(work.get()) : work.get();
        return attempt.recover(failure -> {
            long since = failures == 0 ? System.nanoTime() : startedNanos;
            if (failure instanceof SyncException || stopped != null) {
                return Future.failedFuture(stopped == null ? failure : stopped);
            }
            String reason = SourceException.refusal(failure);
            if (reason != null || System.nanoTime() - since >= limit.toNanos()) {
                return Future.failedFuture(
                        new SyncException.Failed(what + " failed: " + (reason == null ? text(failure) : reason)));
            }
            Duration pause = pause(failures);
            log.warn("event=sync.waiting what=\"{}\" reason=\"{}\" retry_ms={}", what, text(failure), pause.toMillis());
            Timer timer = vertx.timer(pause.toMillis(), TimeUnit.MILLISECONDS);
            pausing = timer;
            return orStop(timer).compose(over -> attempt(what, interruptible, work, failures + 1, since));
        });
    }

    private static Duration pause(int failures) {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 10));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    private <T> Future<T> orStop(Future<T> work) {
        Promise<T> either = Promise.promise();
        waiting = either;
        work.onComplete((value, failure) -> {
            if (failure == null) {
                either.tryComplete(value);
            } else {
                either.tryFail(failure);
            }
        });
        return either.future();
    }

    static String text(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
