package io.portcullis.ratelimit;

import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The subjects of one policy that this node has in memory, so many at most; those that nobody asks for go. Thread-safe.
 *
 * <p>In two generations: whoever is asked for is moved to the young one, and when that is half of what there may be it becomes the old one, and
 * the old one goes. So a look-up is one of a hash table, and writes nothing; a cache that keeps its entries in the order
 * of their use writes at each.
 */
final class PolicyLimiters {

    private static final Duration LEAST_IDLE = Duration.ofMinutes(1);

    /** What all limiters of a process share. */
    record Parts(Standing standing, Ids ids, LeasedLimiter.Leasing leasing) {}

    private final LimitPolicy policy;
    private final Subjects subjects;
    private final LimitMeters.OfPolicy meters;
    private final Terms terms;
    private final Parts parts;
    private final int most;
    private volatile Generations generations = new Generations(new Generation(), new Generation());

    /** Those that were asked for while it was the young one. */
    static final class Generation {
        private final ConcurrentHashMap<Object, Limiter> limiters = new ConcurrentHashMap<>();
        private volatile boolean old;

        boolean isYoung() {
            return !old;
        }
    }

    private record Generations(Generation young, Generation old) {

        List<Generation> both() {
            return List.of(young, old);
        }
    }

    PolicyLimiters(LimitPolicy policy, int mostKeys, LimitMeters.OfPolicy meters, Parts parts) {
        this.policy = policy;
        this.subjects = new Subjects(policy);
        this.meters = meters;
        this.terms = Terms.of(policy.name(), policy.rule());
        this.parts = parts;
        this.most = mostKeys;
    }

    LimitPolicy policy() {
        return policy;
    }

    /** What it goes by, as people ask for it. */
    String by() {
        return subjects.by();
    }

    /** Whether requests of the same client always count for the same limiter. */
    boolean isByClient() {
        return subjects.isOfClient();
    }

    /** The limiter that the request counts for; null where it lacks what the policy goes by. */
    @Nullable
    Limiter of(Decision.Allowed allowed, Supplier<@Nullable IpAddress> address) {
        Object key = subjects.key(allowed, address);
        return key == null ? null : at(key);
    }

    Limiter at(Object key) {
        Limiter known = generations.young().limiters.get(key);
        return known != null ? known : moved(key);
    }

    /** Alone: a subject has one limiter. */
    private synchronized Limiter moved(Object key) {
        Generations now = generations;
        Limiter known = now.young().limiters.get(key);
        if (known != null) {
            return known;
        }
        Limiter old = now.old().limiters.remove(key);
        Limiter limiter = old == null ? made(Subjects.text(key)) : old;
        if (now.young().limiters.size() >= Math.max(1, most / 2)) {
            now.young().old = true;
            now = new Generations(new Generation(), now.young());
            generations = now;
        }
        limiter.foundIn(now.young());
        now.young().limiters.put(key, limiter);
        return limiter;
    }

    /** The one that is called so; null where it is not in memory. Looks through all of them. */
    @Nullable
    Limiter called(String subject) {
        return generations.both().stream()
                .flatMap(generation -> generation.limiters.entrySet().stream())
                .filter(entry -> Subjects.text(entry.getKey()).equals(subject))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    synchronized void forget(String subject) {
        for (Generation generation : generations.both()) {
            generation.limiters.entrySet().removeIf(entry -> {
                boolean called = Subjects.text(entry.getKey()).equals(subject);
                if (called) {
                    entry.getValue().goneFrom(generation);
                }
                return called;
            });
        }
    }

    /** Those that nobody has asked for in two windows go. Looks through all of them. */
    void forgetIdle(long now) {
        long idle = TimeUnit.MILLISECONDS.toNanos(Math.max(2 * policy.rule().windowMillis(), LEAST_IDLE.toMillis()));
        for (Generation generation : generations.both()) {
            generation.limiters.values().removeIf(limiter -> {
                boolean goes = now - limiter.usedAt() > idle;
                if (goes) {
                    limiter.goneFrom(generation);
                }
                return goes;
            });
        }
    }

    Stream<Limiter> all() {
        return generations.both().stream().flatMap(generation -> generation.limiters.values().stream());
    }

    long size() {
        return generations.both().stream()
                .mapToLong(generation -> generation.limiters.size())
                .sum();
    }

    private Limiter made(String subject) {
        return switch (policy.mode()) {
            case LOCAL -> new LocalLimiter(policy, subject, meters, terms);
            case EXACT -> new ExactLimiter(policy, subject, meters, terms, parts.standing(), parts.ids());
            case LEASED -> new LeasedLimiter(policy, subject, meters, terms, parts.standing(), parts.leasing());
        };
    }
}
