package io.portcullis.ingress;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.auth.Refusal;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** A counter for each way a request can end, looked up once: a look-up by tag for each request would cost more than the decision. */
final class Outcomes {

    private final Counter allowed;
    private final Counter stale;
    private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);
    private final Counter unavailable;
    private final Counter overloaded;
    private final Counter failed;
    private final Counter malformed;
    private final Counter unrouted;

    Outcomes(MeterRegistry registry) {
        allowed = counter(registry, "allowed");
        stale = counter(registry, "allowed_stale");
        for (Refusal refusal : Refusal.values()) {
            refused.put(refusal, counter(registry, refusal.name().toLowerCase(Locale.ROOT)));
        }
        unavailable = counter(registry, "unavailable");
        overloaded = counter(registry, "overloaded");
        failed = counter(registry, "internal_error");
        malformed = counter(registry, "invalid_request");
        unrouted = counter(registry, "no_such_route");
    }

    void allowed(boolean isStale) {
        (isStale ? stale : allowed).increment();
    }

    void refused(Refusal refusal) {
        Counter counter = refused.get(refusal);
        if (counter != null) {
            counter.increment();
        }
    }

    /** For an answer that is neither an allow nor a refusal. */
    void problem(Problem problem) {
        switch (problem.status()) {
            case 503 -> (problem.equals(Problem.OVERLOADED) ? overloaded : unavailable).increment();
            case 500 -> failed.increment();
            case 404 -> unrouted.increment();
            default -> malformed.increment();
        }
    }

    private static Counter counter(MeterRegistry registry, String outcome) {
        return Counter.builder("auth_requests")
                .description("Requests of the data plane by how they ended")
                .tag("outcome", outcome)
                .register(registry);
    }
}
