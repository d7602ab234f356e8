package io.portcullis.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** What became of the secrets that were to be held against slow hashes. Thread-safe. */
final class SlowHashMeters {

    private final Counter matched;
    private final Counter mismatched;
    private final Counter pretended;
    private final Counter refused;
    private final Counter dropped;
    private final Counter failed;
    private final Timer duration;

    SlowHashMeters(MeterRegistry registry, IntSupplier waiting) {
        matched = counter(registry, "matched");
        mismatched = counter(registry, "mismatched");
        pretended = counter(registry, "pretended");
        refused = counter(registry, "refused");
        dropped = counter(registry, "dropped");
        failed = counter(registry, "failed");
        duration = Timer.builder("slow_hash_duration")
                .description("Time of one check of a secret against bcrypt or argon2id")
                .register(registry);
        Gauge.builder("slow_hashes_waiting", waiting::getAsInt)
                .description("Secrets that wait to be checked against a slow hash")
                .strongReference(true)
                .register(registry);
    }

    boolean timed(BooleanSupplier work) {
        Timer.Sample sample = Timer.start();
        try {
            return work.getAsBoolean();
        } finally {
            sample.stop(duration);
        }
    }

    void checked(boolean matches) {
        (matches ? matched : mismatched).increment();
    }

    /** Work for a secret that there was nothing to hold against. */
    void pretended() {
        pretended.increment();
    }

    /** Turned away, because too many wait. */
    void refused() {
        refused.increment();
    }

    /** Not begun, because nobody waited any more. */
    void dropped() {
        dropped.increment();
    }

    void failed() {
        failed.increment();
    }

    private static Counter counter(MeterRegistry registry, String result) {
        return Counter.builder("slow_hashes")
                .description("Checks of secrets against bcrypt or argon2id, by what became of them")
                .tag("result", result)
                .register(registry);
    }
}
