package io.portcullis.cache;

import java.util.random.RandomGenerator;

/** How long to wait before the next attempt to connect: 50 ms × attempt, at most 2 s or less, of which up to half is taken off at random. */
final class Backoff {

    static final long STEP_MILLIS = 50;
    static final long MAX_MILLIS = 2_000;

    private final RandomGenerator random;

    private final long mostMillis;

    Backoff(RandomGenerator random) {
        this(random, MAX_MILLIS);
    }

    /** @param mostMillis above which it is the same for every attempt */
    Backoff(RandomGenerator random, long mostMillis) {
        this.random = random;
        this.mostMillis = mostMillis;
    }

    /** @param attempt 1 for the first one that must wait */
    long delayMillis(int attempt) {
        long longest = Math.min(mostMillis, STEP_MILLIS * Math.min(attempt, MAX_MILLIS / STEP_MILLIS));
        return longest - random.nextLong(longest / 2 + 1);
    }

    /** A time less up to a tenth of it. */
    long earlier(long millis) {
        return Math.max(1, millis - random.nextLong(millis / 10 + 1));
    }
}
