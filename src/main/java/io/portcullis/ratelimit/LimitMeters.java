package io.portcullis.ratelimit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.AsciiString;
import java.util.function.Supplier;

/** What limits count. Thread-safe. */
final class LimitMeters {

    /**
     * One policy's, looked up once.
     *
     * @param leftItem how {@code RateLimit} begins to say what is left
     */
    record OfPolicy(Counter admitted, Counter refused, Counter wouldRefuse, AsciiString leftItem) {}

    private final MeterRegistry registry;
    private final Counter allowed;
    private final Counter refused;
    private final Counter unavailable;
    private final Counter unknownPolicy;

    LimitMeters(MeterRegistry registry, Supplier<Number> active, Standing standing) {
        this.registry = registry;
        allowed = requests("true");
        refused = requests("false");
        unavailable = Counter.builder("rate_limit_unavailable")
                .description("Requests that no limit could be asked about, and were refused for it")
                .register(registry);
        unknownPolicy = Counter.builder("rate_limit_unknown_policies")
                .description("Requests of clients that name a limit which the configuration has not")
                .register(registry);
        Gauge.builder("rate_limit_active_limiters", active)
                .description("Subjects whose limits this node has in memory")
                .register(registry);
        Gauge.builder("rate_limit_degraded", () -> standing.isDegraded() ? 1 : 0)
                .description("1 while Redis cannot be asked about limits")
                .register(registry);
        Gauge.builder("rate_limit_nodes", standing::nodes)
                .description("Nodes that share limits, as last heard")
                .register(registry);
    }

    private Counter requests(String isAllowed) {
        return Counter.builder("rate_limit_requests")
                .description("Requests that a limit is for")
                .tag("allowed", isAllowed)
                .register(registry);
    }

    OfPolicy of(String policy) {
        return new OfPolicy(
                policy(policy, "admitted"),
                policy(policy, "refused"),
                policy(policy, "shadow_refused"),
                new AsciiString('"' + policy + "\";r="));
    }

    private Counter policy(String policy, String outcome) {
        return Counter.builder("rate_limit_policy_requests")
                .description("What a policy made of requests; of one in shadow, what it would have")
                .tag("policy", policy)
                .tag("outcome", outcome)
                .register(registry);
    }

    void allowed() {
        allowed.increment();
    }

    void refused() {
        refused.increment();
    }

    void unknownPolicy() {
        unknownPolicy.increment();
    }

    void unavailable() {
        unavailable.increment();
    }
}
