package io.portcullis.freshness;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/** How this process follows the log, in numbers. Written on the tail's thread. */
final class FreshnessMeters {

    /** From one round trip to a lease; 50 ms is what is promised. */
    private static final Duration[] BUCKETS = LongStream.of(1, 2, 5, 10, 20, 50, 100, 250, 1_000, 5_000, 60_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Timer delay;
    private final Counter failedReads;
    private volatile long headSeq;

    FreshnessMeters(MeterRegistry registry, Freshness freshness) {
        this.registry = registry;
        delay = Timer.builder("registry_change_delay")
                .description(
                        "From a change's commit to its being applied by this process: after it, what was revoked is refused here")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        failedReads = Counter.builder("registry_log_reads_failed")
                .description("Readings of the change log that failed")
                .register(registry);
        Gauge.builder("registry_applied_seq", freshness, one -> one.position().seq())
                .description("Every change of the log up to this one is applied by this process")
                .register(registry);
        Gauge.builder(
                        "registry_lag_entries",
                        this,
                        meters -> Math.max(
                                0, meters.headSeq - freshness.position().seq()))
                .description("Commits that this process has seen in the log and not applied yet")
                .register(registry);
        Gauge.builder("registry_lag", freshness, one -> one.unconfirmedSeconds(System.nanoTime()))
                .description("Since the last moment as of which this process knows of every change")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("registry_fences", freshness, one -> one.fences().size())
                .description("Fences held, replaced ones included until their time has passed")
                .register(registry);
        Gauge.builder("registry_floor_seq", freshness, one -> one.fences().floor())
                .description("What was read before this position counts no more")
                .register(registry);
        for (LeaseState state : LeaseState.values()) {
            Gauge.builder("registry_lease", freshness, one -> one.state(System.nanoTime()) == state ? 1 : 0)
                    .description("Which of the states the lease of this process is in")
                    .tag("state", state.name().toLowerCase(java.util.Locale.ROOT))
                    .register(registry);
        }
    }

    void read(long head) {
        headSeq = head;
    }

    void failed() {
        failedReads.increment();
    }

    /**
     * One commit was applied.
     *
     * @param ageMillis when it was read, by PostgreSQL's clock
     * @param sinceNanos from then until now
     */
    void applied(long ageMillis, long sinceNanos) {
        delay.record(Math.max(0, ageMillis) * 1_000_000 + sinceNanos, TimeUnit.NANOSECONDS);
    }

    void startedOver(String why) {
        Counter.builder("registry_started_over")
                .description("How often all that was held was dropped, by why")
                .tag("reason", why)
                .register(registry)
                .increment();
    }
}
