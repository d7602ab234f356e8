package io.portcullis.upstream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What is measured of one service. Labels are its name and an {@link Outcome}: nothing that a caller or an answer could invent. */
final class UpstreamMeters {

    private final Map<Outcome, Counter> requests = new EnumMap<>(Outcome.class);
    private final Timer duration;
    private final Counter retries;

    UpstreamMeters(String service, MeterRegistry registry) {
        for (Outcome outcome : Outcome.values()) {
            requests.put(
                    outcome,
                    Counter.builder("upstream_requests")
                            .description("Attempts at the service, by how they ended; rejected ones were not sent")
                            .tag("service", service)
                            .tag("outcome", outcome.label())
                            .register(registry));
        }
        duration = Timer.builder("upstream_request_duration")
                .description("How long attempts that were sent took, from asking for a connection to the last byte")
                .tag("service", service)
                .register(registry);
        retries = Counter.builder("upstream_retries")
                .description("Attempts that repeat a failed one")
                .tag("service", service)
                .register(registry);
    }

    void ended(Outcome outcome, long nanos) {
        Counter counter = requests.get(outcome);
        if (counter != null) {
            counter.increment();
        }
        if (outcome != Outcome.REJECTED) {
            duration.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    void retried() {
        retries.increment();
    }
}
