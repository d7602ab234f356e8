package io.portcullis.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.portcullis.events.Verdict.Outcome;
import io.portcullis.source.EventType;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What becomes of events, in numbers. Counted on one event loop. */
final class EventMeters {

    private static final String UNKNOWN = "unknown";

    private static final Duration[] BUCKETS = LongStream.of(1, 5, 10, 25, 50, 100, 250, 1_000, 5_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final Map<String, Map<Outcome, Counter>> events = new HashMap<>();
    private final Counter trimmed;
    private final Timer batches;

    private volatile double lag = Double.NaN;
    private volatile double deadLetters = Double.NaN;
    private volatile long ageMillis;
    private volatile long lookedAt = System.nanoTime();

    EventMeters(MeterRegistry registry) {
        for (EventType type : EventType.values()) {
            events.put(type.toString(), counters(registry, type.toString()));
        }
        events.put(UNKNOWN, counters(registry, UNKNOWN));
        trimmed = Counter.builder("admin_events_trimmed")
                .description("Entries that went out of the stream before they were applied")
                .register(registry);
        batches = Timer.builder("admin_events_batch_duration")
                .description("Of a transaction with events")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        Gauge.builder("admin_events_lag", this, meters -> meters.lag)
                .description(
                        "Entries of the stream that are not settled: not read yet, or pending. Not a number while unknown")
                .register(registry);
        Gauge.builder("admin_events_age", this, EventMeters::ageSeconds)
                .description("Age of the oldest entry that is not settled, by Redis' clock; 0 if there is none")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("admin_events_dlq", this, meters -> meters.deadLetters)
                .description("Dead letters. Not a number while unknown")
                .register(registry);
    }

    private static Map<Outcome, Counter> counters(MeterRegistry registry, String type) {
        Map<Outcome, Counter> counters = new HashMap<>();
        for (Outcome outcome : Outcome.values()) {
            counters.put(
                    outcome,
                    Counter.builder("admin_events")
                            .description(
                                    "Events of the Admin Service by type and by what became of them; each try that fails counts")
                            .tag("type", type)
                            .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        return counters;
    }

    void count(@Nullable EventType type, Outcome outcome) {
        Map<Outcome, Counter> counters = events.get(type == null ? UNKNOWN : type.toString());
        Counter counter = counters == null ? null : counters.get(outcome);
        if (counter != null) {
            counter.increment();
        }
    }

    void trimmed(long entries) {
        trimmed.increment((double) entries);
    }

    void batch(long nanos) {
        batches.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** @param entries null if it is not known */
    void standing(@Nullable Long entries, long oldestMillis) {
        lag = entries == null ? Double.NaN : entries.doubleValue();
        ageMillis = oldestMillis;
        lookedAt = System.nanoTime();
    }

    void deadLetters(long count) {
        deadLetters = (double) count;
    }

    /** What was unsettled at the last look grows older until the next one, which may be long in coming. */
    private double ageSeconds() {
        long age = ageMillis;
        return age == 0 ? 0 : age / 1e3 + (System.nanoTime() - lookedAt) / 1e9;
    }
}
