package io.portcullis.ratelimit;

import java.time.Duration;

/** How much. */
public sealed interface Rule {

    /**
     * In any span of that length no more than so many: a sliding window, exact.
     *
     * @param limit requests, at least 1
     */
    record SlidingWindow(long limit, Duration window) implements Rule {
        @Override
        public long quota() {
            return limit;
        }

        @Override
        public long windowMillis() {
            return window.toMillis();
        }
    }

    /**
     * In any span of t seconds no more than {@code burst + t × rate}.
     *
     * @param perSecond requests that come back in a second
     * @param burst requests at once, at least 1
     */
    record TokenBucket(double perSecond, long burst) implements Rule {
        @Override
        public long quota() {
            return burst;
        }

        @Override
        public long windowMillis() {
            return (long) Math.ceil(1000 * burst / perSecond);
        }
    }

    /** Requests at once at most. */
    long quota();

    /** After which an unused one is full again, in milliseconds. */
    long windowMillis();
}
