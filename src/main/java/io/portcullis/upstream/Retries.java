package io.portcullis.upstream;

import java.util.random.RandomGenerator;

/**
 * Whether a failed attempt may be repeated, and when. Each call that is asked for pays a tenth of a retry into a bucket, each retry takes a
 * whole one out: however a service fails, it gets no more than 1.1 times the calls that were asked for, and ten. Backoff is exponential, and
 * all of it is left to chance, or those who failed together would come back together.
 *
 * <p>Belongs to one event loop.
 */
final class Retries {

    /** Of one call. */
    static final int MOST = 2;

    /** All in tenths of a retry. */
    private static final int SHARE = 1;

    private static final int COST = 10;
    private static final int FULL = 100;

    private static final long STEP_MILLIS = 50;

    private final RandomGenerator random;
    private int saved = FULL;

    Retries(RandomGenerator random) {
        this.random = random;
    }

    /** A call is asked for. */
    void asked() {
        saved = Math.min(FULL, saved + SHARE);
    }

    /** Takes one out; false where there is none. */
    boolean take() {
        if (saved < COST) {
            return false;
        }
        saved -= COST;
        return true;
    }

    /** @param retry 1 for the first one of a call */
    long delayMillis(int retry) {
        return random.nextLong((STEP_MILLIS << (retry - 1)) + 1);
    }
}
