package io.portcullis.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** What one tier of the ladder counts: hits, misses, failures, and how long it took where that is worth a clock. Thread-safe. */
public final class TierMeters {

    private final Counter hits;
    private final Counter misses;
    private final Counter errors;
    private final Timer duration;

    public TierMeters(MeterRegistry registry, String tier) {
        hits = lookups(registry, tier, "hit");
        misses = lookups(registry, tier, "miss");
        errors = lookups(registry, tier, "error");
        duration = Timer.builder("registry_lookup_duration")
                .description("Time of a look-up in a tier, whatever it found")
                .tag("tier", tier)
                .publishPercentileHistogram()
                .register(registry);
    }

    public void hit() {
        hits.increment();
    }

    public void miss() {
        misses.increment();
    }

    public void error() {
        errors.increment();
    }

    public void took(long startedNanos) {
        duration.record(System.nanoTime() - startedNanos, TimeUnit.NANOSECONDS);
    }

    private static Counter lookups(MeterRegistry registry, String tier, String result) {
        return Counter.builder("registry_lookups")
                .description("Look-ups of the ladder by tier and result")
                .tag("tier", tier)
                .tag("result", result)
                .register(registry);
    }
}
