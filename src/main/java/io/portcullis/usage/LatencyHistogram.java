package io.portcullis.usage;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * How long requests took: eight buckets for each doubling of the time, so that what is read from it is at most an eighth too high. From 1 µs to
 * two minutes. Thread-safe; recording takes no lock and allocates nothing.
 */
public final class LatencyHistogram {

    private static final int STEPS = 8;
    private static final int STEP_BITS = 3;
    private static final long LONGEST_MICROS = (1L << 27) - 1;
    private static final int BUCKETS = bucket(LONGEST_MICROS) + 1;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final AtomicLong slowest = new AtomicLong();

    /**
     * One request took so long.
     *
     * @param requests for how many it stands: itself, and those beside it that nobody measured
     */
    public void record(long nanos, int requests) {
        long micros = Math.min(Math.max(0, nanos / 1000), LONGEST_MICROS);
        counts.getAndAdd(bucket(micros), requests);
        if (micros > slowest.get()) {
            slowest.accumulateAndGet(micros, Math::max);
        }
    }

    /** Since the last take: requests by bucket, and the slowest. */
    Taken take() {
        Map<Integer, Long> taken = new HashMap<>();
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            if (counts.get(bucket) != 0) {
                taken.put(bucket, counts.getAndSet(bucket, 0));
            }
        }
        return new Taken(taken, slowest.getAndSet(0));
    }

    /** @param slowestMicros 0 where none was recorded */
    record Taken(Map<Integer, Long> counts, long slowestMicros) {}

    /**
     * What so large a part of the requests did not take longer than.
     *
     * @param part 0 to 1
     * @return microseconds, the upper end of a bucket; null where there are none
     */
    static @Nullable Long percentileMicros(Map<Integer, Long> counts, double part) {
        long all = counts.values().stream().mapToLong(Long::longValue).sum();
        if (all == 0) {
            return null;
        }
        long rank = Math.max(1, (long) Math.ceil(part * (double) all));
        long seen = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            seen += counts.getOrDefault(bucket, 0L);
            if (seen >= rank) {
                return upperEnd(bucket);
            }
        }
        return LONGEST_MICROS;
    }

    /** Below {@value #STEPS} µs each has its own; above, the number of doublings and the three bits that follow the first. */
    static int bucket(long micros) {
        if (micros < STEPS) {
            return (int) micros;
        }
        int doublings = 63 - Long.numberOfLeadingZeros(micros);
        int step = (int) (micros >> (doublings - STEP_BITS)) & (STEPS - 1);
        return (doublings - STEP_BITS + 1) * STEPS + step;
    }

    /** The highest that falls into it. */
    static long upperEnd(int bucket) {
        if (bucket < STEPS) {
            return bucket;
        }
        int doublings = bucket / STEPS + STEP_BITS - 1;
        return ((STEPS + bucket % STEPS + 1L) << (doublings - STEP_BITS)) - 1;
    }
}
