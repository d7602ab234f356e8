package io.portcullis.usage;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was counted in a time, of one node or of all. Names: {@code outcome.allowed}, {@code tier.near_hit}, {@code latency.17} (a bucket of
 * {@link LatencyHistogram}). A name that a newer build adds is summed like any other.
 *
 * @param slowestMicros the slowest request that was measured; 0 where none was
 */
public record TrafficCounts(Map<String, Long> counts, long slowestMicros) {

    static final String OUTCOME = "outcome.";
    static final String TIER = "tier.";
    static final String LATENCY = "latency.";

    public static final TrafficCounts NONE = new TrafficCounts(Map.of(), 0);

    public TrafficCounts {
        counts = Map.copyOf(counts);
    }

    /** Requests, however they ended. */
    public long requests() {
        return outcomes().values().stream().mapToLong(Long::longValue).sum();
    }

    /** Requests by how they ended, as {@code auth_requests} has them. */
    public Map<String, Long> outcomes() {
        return named(OUTCOME);
    }

    /** Look-ups by tier and result: {@code near_hit}, {@code redis_miss}, {@code store_hit} and so on. */
    public Map<String, Long> tiers() {
        return named(TIER);
    }

    /**
     * What so large a part of the requests did not take longer than.
     *
     * @return milliseconds; null where none was measured
     */
    public @Nullable Double percentileMillis(double part) {
        Map<Integer, Long> buckets = new HashMap<>();
        named(LATENCY).forEach((bucket, count) -> buckets.put(Integer.valueOf(bucket), count));
        Long micros = LatencyHistogram.percentileMicros(buckets, part);
        return micros == null ? null : (double) Math.min(micros, slowestMicros) / 1000;
    }

    /** The slowest request that was measured, in milliseconds; null where none was. */
    public @Nullable Double slowestMillis() {
        return named(LATENCY).isEmpty() ? null : (double) slowestMicros / 1000;
    }

    public TrafficCounts plus(TrafficCounts other) {
        Map<String, Long> sum = new HashMap<>(counts);
        other.counts.forEach((name, count) -> sum.merge(name, count, Long::sum));
        return new TrafficCounts(sum, Math.max(slowestMicros, other.slowestMicros));
    }

    private Map<String, Long> named(String prefix) {
        Map<String, Long> named = new TreeMap<>();
        counts.forEach((name, count) -> {
            if (name.startsWith(prefix)) {
                named.put(name.substring(prefix.length()), count);
            }
        });
        return named;
    }
}
