package io.portcullis.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Where a {@link CacheAside} found what it was asked for. Thread-safe. */
public final class CacheAsideMeters {

    private final Counter near;
    private final Counter shared;
    private final Counter source;
    private final Counter failed;
    private final Counter refused;
    private final Counter failedFills;

    /** @param cache its name, a label */
    public CacheAsideMeters(MeterRegistry registry, String cache) {
        near = lookUps(registry, cache, "near");
        shared = lookUps(registry, cache, "redis");
        source = lookUps(registry, cache, "source");
        failed = lookUps(registry, cache, "failed");
        refused = Counter.builder("cache_values_refused")
                .description("Values in Redis that did not count: altered, made up, or of another format")
                .tag("cache", cache)
                .register(registry);
        failedFills = Counter.builder("cache_fills_failed")
                .description("Answers that Redis could not keep for the next who asks")
                .tag("cache", cache)
                .register(registry);
    }

    private static Counter lookUps(MeterRegistry registry, String cache, String from) {
        return Counter.builder("cache_lookups")
                .description("Values that were asked for, by who had them; failed: nobody could be asked")
                .tag("cache", cache)
                .tag("from", from)
                .register(registry);
    }

    void near() {
        near.increment();
    }

    void shared() {
        shared.increment();
    }

    void source() {
        source.increment();
    }

    void failed() {
        failed.increment();
    }

    void refused() {
        refused.increment();
    }

    void fillFailed() {
        failedFills.increment();
    }
}
