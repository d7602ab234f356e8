package io.portcullis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisOperation;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The Redis link's meters under their agreed names, each made when it first happens. Thread-safe. */
final class RedisMetrics implements RedisMeters {

    private static final Set<Outcome> WORKED = EnumSet.of(Outcome.HIT, Outcome.MISS, Outcome.DONE);

    private final MeterRegistry registry;
    private final SlowOperations slow;
    private final Counter hits;
    private final Counter misses;
    private final Map<Ended, Timer> durations = new ConcurrentHashMap<>();

    private record Ended(RedisOperation operation, Outcome outcome) {}

    RedisMetrics(MeterRegistry registry, SlowOperations slow) {
        this.registry = registry;
        this.slow = slow;
        hits = registry.counter("redis_hits");
        misses = registry.counter("redis_misses");
    }

    /** Gauges of the links, once they are there. */
    void bind(RedisLinks links) {
        Gauge.builder("redis_connections_active", links, RedisLinks::active).register(registry);
        Gauge.builder("redis_connections_idle", links, RedisLinks::idle).register(registry);
    }

    /** Reads of this process that found something. */
    long hits() {
        return (long) hits.count();
    }

    /** Reads of this process that found nothing. */
    long misses() {
        return (long) misses.count();
    }

    @Override
    public void operation(RedisOperation operation, long nanos, Outcome outcome) {
        if (outcome == Outcome.HIT) {
            hits.increment();
        } else if (outcome == Outcome.MISS) {
            misses.increment();
        }
        slow.command(name(operation), nanos, !WORKED.contains(outcome));
        durations.computeIfAbsent(new Ended(operation, outcome), this::timer).record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void connected(int link, boolean up) {
        // The gauges ask the links themselves.
    }

    private static String name(RedisOperation operation) {
        return operation.name().toLowerCase(Locale.ROOT);
    }

    private Timer timer(Ended ended) {
        return Timer.builder("redis_operations_duration")
                .description("Time of a Redis operation, by what became of it")
                .tag("operation", name(ended.operation()))
                .tag("outcome", ended.outcome().name().toLowerCase(Locale.ROOT))
                .register(registry);
    }
}
