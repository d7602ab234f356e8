package io.portcullis.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts the records of a shared cache that did not count, by why. Thread-safe. */
public final class RecordRefusals {

    private final Counter forged;
    private final Counter otherEpoch;
    private final Counter tooOld;

    public RecordRefusals(MeterRegistry registry) {
        forged = counter(registry, "mac");
        otherEpoch = counter(registry, "epoch");
        tooOld = counter(registry, "age");
    }

    /** The MAC does not say that this installation wrote it for that name: altered, moved, or in a format that is not known here. */
    void forged() {
        forged.increment();
    }

    /** Read from a database that was since restored or failed over. */
    void otherEpoch() {
        otherEpoch.increment();
    }

    void tooOld() {
        tooOld.increment();
    }

    private static Counter counter(MeterRegistry registry, String reason) {
        return Counter.builder("registry_records_refused")
                .description("Records of the shared cache that were not believed")
                .tag("reason", reason)
                .register(registry);
    }
}
