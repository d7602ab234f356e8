package io.portcullis.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.AsyncResult;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What one tier of the ladder counts: hits, misses, failures, and how long it took where that is worth a clock. Thread-safe. */
public final class TierMeters {

    /** From a Redis near by to a request's own limit. */
    private static final Duration[] BUCKETS = Stream.of(
                    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_000_000)
            .map(micros -> Duration.of(micros, ChronoUnit.MICROS))
            .toArray(Duration[]::new);

    private final Counter hits;
    private final Counter misses;
    private final Counter errors;
    private final Counter failedFills;
    private final @Nullable Timer duration;

    private TierMeters(MeterRegistry registry, String tier, @Nullable Timer duration) {
        hits = lookups(registry, tier, "hit");
        misses = lookups(registry, tier, "miss");
        errors = lookups(registry, tier, "error");
        failedFills = Counter.builder("registry_fills_failed")
                .description("Answers that a tier could not keep for the next who asks")
                .tag("tier", tier)
                .register(registry);
        this.duration = duration;
    }

    /** For a tier that is a wait. */
    public static TierMeters timed(MeterRegistry registry, String tier) {
        Timer duration = Timer.builder("registry_lookup_duration")
                .description("Time of a look-up in a tier, whatever it found")
                .tag("tier", tier)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        return new TierMeters(registry, tier, duration);
    }

    /** For a tier that costs less than reading the clock. */
    public static TierMeters untimed(MeterRegistry registry, String tier) {
        return new TierMeters(registry, tier, null);
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

    /** By what was found: null is a miss. */
    void found(AsyncResult<? extends @Nullable Object> result) {
        if (result.failed()) {
            error();
        } else if (result.result() != null) {
            hit();
        } else {
            miss();
        }
    }

    void fillFailed() {
        failedFills.increment();
    }

    public void took(long startedNanos) {
        if (duration != null) {
            duration.record(System.nanoTime() - startedNanos, TimeUnit.NANOSECONDS);
        }
    }

    private static Counter lookups(MeterRegistry registry, String tier, String result) {
        return Counter.builder("registry_lookups")
                .description("Look-ups of the ladder by tier and result")
                .tag("tier", tier)
                .tag("result", result)
                .register(registry);
    }
}
