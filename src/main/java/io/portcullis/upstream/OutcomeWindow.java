package io.portcullis.upstream;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many calls of the last while ended, and how many of them in a failure. Time is cut into ten buckets that are used again in turn: an
 * outcome costs the same however many there were, and so does the memory. What is counted is between nine and ten tenths of the length.
 *
 * <p>Not thread-safe: {@link Breaker} has the lock.
 */
final class OutcomeWindow {

    private static final int BUCKETS = 10;

    private final LongSupplier clock;
    private final long origin;
    private final long bucketNanos;
    private final int[] callsIn = new int[BUCKETS];
    private final int[] failuresIn = new int[BUCKETS];
    private long current;
    private int calls;
    private int failures;

    /** @param clock monotonic, in nanoseconds */
    OutcomeWindow(Duration length, LongSupplier clock) {
        this.clock = clock;
        this.origin = clock.getAsLong();
        this.bucketNanos = length.toNanos() / BUCKETS;
    }

    void add(boolean failure) {
        moveOn();
        int bucket = (int) (current % BUCKETS);
        callsIn[bucket]++;
        calls++;
        if (failure) {
            failuresIn[bucket]++;
            failures++;
        }
    }

    /** As of the last outcome. */
    int calls() {
        return calls;
    }

    /** Of {@link #calls()}, 0 to 1. */
    double failureRatio() {
        return calls == 0 ? 0 : (double) failures / calls;
    }

    void clear() {
        for (int i = 0; i < BUCKETS; i++) {
            empty(i);
        }
    }

    private void moveOn() {
        long now = (clock.getAsLong() - origin) / bucketNanos;
        // After a pause of any length each bucket is emptied once.
        for (long next = Math.max(current + 1, now - BUCKETS + 1); next <= now; next++) {
            empty((int) (next % BUCKETS));
        }
        current = Math.max(current, now);
    }

    private void empty(int bucket) {
        calls -= callsIn[bucket];
        failures -= failuresIn[bucket];
        callsIn[bucket] = 0;
        failuresIn[bucket] = 0;
    }
}
