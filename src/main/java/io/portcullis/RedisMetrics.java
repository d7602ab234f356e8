package io.portcullis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisOperation;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The Redis link's meters under their agreed names, each looked up once. Thread-safe. */
final class RedisMetrics implements RedisMeters {

    private final MeterRegistry registry;
    private final Counter hits;
    private final Counter misses;
    private final Map<Ended, Timer> durations = new HashMap<>();

    private record Ended(RedisOperation operation, Outcome outcome) {}

    RedisMetrics(MeterRegistry registry) {
        this.registry = registry;
        hits = registry.counter("redis_hits");
        misses = registry.counter("redis_misses");
        for (RedisOperation operation : RedisOperation.values()) {
            for (Outcome outcome : Outcome.values()) {
                durations.put(new Ended(operation, outcome), timer(registry, operation, outcome));
            }
        }
    }

    /** Gauges of the links, once they are there. */
    void bind(RedisLinks links) {
        Gauge.builder("redis_connections_active", links, RedisLinks::active).register(registry);
        Gauge.builder("redis_connections_idle", links, RedisLinks::idle).register(registry);
    }

    @Override
    public void operation(RedisOperation operation, long nanos, Outcome outcome) {
        if (outcome == Outcome.HIT) {
            hits.increment();
        } else if (outcome == Outcome.MISS) {
            misses.increment();
        }
        Timer timer = durations.get(new Ended(operation, outcome));
        if (timer != null) {
            timer.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void connected(int link, boolean up) {
        // The gauges ask the links themselves.
    }

    private static Timer timer(MeterRegistry registry, RedisOperation operation, Outcome outcome) {
        return Timer.builder("redis_operations_duration")
                .description("Time of a Redis operation, by what became of it")
                .tag("operation", operation.name().toLowerCase(Locale.ROOT))
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(registry);
    }
}
