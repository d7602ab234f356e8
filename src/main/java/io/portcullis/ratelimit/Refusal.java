package io.portcullis.ratelimit;

import java.util.concurrent.TimeUnit;

/**
 * Redis has refused, and said when it would admit one. It is not asked again before, but for this long at most: somebody may have reset the
 * limit. All moments are of {@link System#nanoTime()}.
 *
 * @param until it is not asked
 * @param retryAt it would admit one
 */
record Refusal(long until, long retryAt) {

    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(1);

    static Refusal of(long from, long waitNanos) {
        return new Refusal(from + Math.min(waitNanos, MOST_NANOS), from + waitNanos);
    }

    boolean holds(long now) {
        return now - until < 0;
    }

    /** Nanoseconds until one would be admitted; 0 where it would be. */
    long retry(long now) {
        return Math.max(0, retryAt - now);
    }
}
