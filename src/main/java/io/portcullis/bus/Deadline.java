package io.portcullis.bus;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The moment at which an answer is of no more use. One deadline is set when a request arrives and travels with it through every tier, so
 * that no wait adds to another. Counts on the monotonic clock of this process ({@link System#nanoTime()}); it never leaves the process.
 *
 * @param nanoTime the moment, comparable by difference only
 */
public record Deadline(long nanoTime) {

    public static Deadline in(Duration limit) {
        return new Deadline(System.nanoTime() + limit.toNanos());
    }

    /** Milliseconds left, rounded up and at least 1, as timers and send options want them: an expired deadline fails at the next tick. */
    public long remainingMillis() {
        long left = nanoTime - System.nanoTime();
        return left <= 0 ? 1 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(left + 999_999));
    }

    public boolean expired() {
        return nanoTime - System.nanoTime() <= 0;
    }

    /** The earlier of this deadline and {@code limit} from now: a tier's own limit inside a request's. */
    public Deadline atMost(Duration limit) {
        Deadline other = in(limit);
        return other.nanoTime - nanoTime < 0 ? other : this;
    }
}
