package io.portcullis.ratelimit;

import io.portcullis.bus.Deadline;
import io.portcullis.ratelimit.Charge.Several;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * How limits stand, and to reset them, for administrators. A subject is written as what policies are by, and the values: {@code client:ID},
 * {@code ip:ADDRESS}, {@code ip+key:ADDRESS+ID}. Futures fail where Redis does not answer. Thread-safe.
 */
public final class LimitInspection {

    /**
     * How one limit stands.
     *
     * @param left that would be admitted now, by all that is known of other nodes
     * @param waitMillis until one would be
     * @param fullMillis until all are
     * @param leases that nodes have and have not used up, or not given back yet
     */
    public record Stand(
            LimitPolicy policy, Rule rule, long left, long waitMillis, long fullMillis, List<Leased> leases) {}

    /** What a node has. */
    public record Leased(String node, long tokens, long endsInMillis) {}

    /** A policy, and a subject of it. */
    private record Of(PolicyLimiters limiters, String subject, Rule rule) {

        boolean isShared() {
            return limiters.policy().mode() != LimitMode.LOCAL;
        }

        String name() {
            return limiters.policy().name() + "|" + subject;
        }
    }

    private final EventBus bus;
    private final Questions questions;
    private final List<PolicyLimiters> policies;
    private final IntFunction<Rule> ofClient;
    private final Ids ids;

    /** @param ofClient the rule that a client's {@code rate_limit} is */
    LimitInspection(
            EventBus bus, Questions questions, List<PolicyLimiters> policies, IntFunction<Rule> ofClient, Ids ids) {
        this.bus = bus;
        this.questions = questions;
        this.policies = policies;
        this.ofClient = ofClient;
        this.ids = ids;
    }

    /**
     * How the limits of a subject stand, each as Redis has it; of {@code local} ones as this node has it.
     *
     * @param rateLimit of the client, if it is one and has one
     */
    public Future<List<Stand>> standing(String subject, @Nullable Integer rateLimit, Deadline deadline) {
        List<Future<Stand>> stands = new ArrayList<>();
        for (Of of : of(subject, rateLimit)) {
            stands.add(of.isShared() ? inRedis(of, deadline) : Future.succeededFuture(here(of)));
        }
        return Future.all(stands).map(all -> stands.stream().map(Future::result).toList());
    }

    /** As if nobody had called: in Redis, and on this node; what other nodes have leased they use up. Tells how many limits that were. */
    public Future<Integer> reset(String subject, Deadline deadline) {
        List<Of> found = of(subject, 1);
        List<Future<Boolean>> each = found.stream()
                .filter(Of::isShared)
                .map(of -> LimitsVerticle.RESET.ask(bus, of.name(), deadline))
                .toList();
        return Future.all(each).map(all -> {
            found.forEach(of -> of.limiters().forget(of.subject()));
            return found.size();
        });
    }

    private List<Of> of(String subject, @Nullable Integer rateLimit) {
        int colon = subject.indexOf(':');
        List<Of> found = new ArrayList<>();
        for (PolicyLimiters limiters : policies) {
            LimitPolicy policy = limiters.policy();
            boolean own = policy.name().equals(LimitPolicy.OF_CLIENT);
            if (colon > 0 && subject.substring(0, colon).equals(limiters.by()) && (!own || rateLimit != null)) {
                found.add(new Of(
                        limiters,
                        Subjects.canonical(policy, subject.substring(colon + 1)),
                        own && rateLimit != null ? ofClient.apply(rateLimit) : policy.rule()));
            }
        }
        return found;
    }

    private static Stand here(Of of) {
        long now = System.nanoTime();
        Limiter limiter = of.limiters().called(of.subject());
        return new Stand(
                of.limiters().policy(),
                of.rule(),
                limiter == null ? of.rule().quota() : limiter.left(now),
                limiter == null ? 0 : TimeUnit.NANOSECONDS.toMillis(limiter.retry(now)),
                limiter == null ? 0 : TimeUnit.NANOSECONDS.toMillis(limiter.full(now)),
                List.of());
    }

    private Future<Stand> inRedis(Of of, Deadline deadline) {
        Charge look = new Charge(of.name(), of.rule(), 0, 0, ids.next(), false, 0, List.of());
        return questions
                .ask(Several.of(look))
                .compose(answer -> LimitsVerticle.LEASES
                        .ask(bus, of.name(), deadline)
                        .map(leases -> stand(of, answer.granted().get(0), leases)));
    }

    private static Stand stand(Of of, Charge.Granted stands, List<LimitStore.Lease> leases) {
        return new Stand(
                of.limiters().policy(),
                of.rule(),
                Math.max(0, stands.left()),
                TimeUnit.MICROSECONDS.toMillis(stands.waitMicros()),
                TimeUnit.MICROSECONDS.toMillis(stands.fullMicros()),
                leases.stream()
                        .map(lease -> new Leased(lease.node(), lease.tokens(), lease.endsInMillis()))
                        .toList());
    }
}
