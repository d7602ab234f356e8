package io.portcullis.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts the records that did not count, by why. Thread-safe. */
public final class RecordRefusals {

    /** Why a record is not believed. */
    enum Reason {
        /** Its MAC does not say that this installation wrote it for that name: altered, moved, or in a format that is not known here. */
        MAC,
        /** Read from a database that was since restored or failed over, or this process has not heard of the new one yet. */
        EPOCH,
        /** So old that this process has forgotten what changed since. */
        FLOOR,
        /** Something of it has changed since. */
        FENCE,
        /** Nobody who follows the log has said lately that it still holds. */
        UNCONFIRMED,
        /** Read from PostgreSQL, and older than what PostgreSQL had said before. */
        BEHIND
    }

    private final Map<Reason, Counter> counters = new EnumMap<>(Reason.class);

    public RecordRefusals(MeterRegistry registry) {
        for (Reason reason : Reason.values()) {
            counters.put(
                    reason,
                    Counter.builder("registry_records_refused")
                            .description("Records of Redis or PostgreSQL that were not believed")
                            .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    void count(Reason reason) {
        Counter counter = counters.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }
}
