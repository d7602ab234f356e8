package io.portcullis.embedded;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waiting for what another process does and nobody tells us about. */
final class Poll {
    private static final long INTERVAL_MILLIS = 10;

    @FunctionalInterface
    interface Condition {
        boolean holds() throws EmbeddedException;
    }

    private Poll() {}

    /** False: {@code limit} has passed. */
    static boolean until(Duration limit, Condition condition) throws EmbeddedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.holds()) {
            if (deadline - System.nanoTime() <= 0) {
                return false;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new EmbeddedException("interrupted while starting the embedded servers", e);
            }
        }
        return true;
    }
}
