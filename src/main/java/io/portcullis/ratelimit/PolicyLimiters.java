package io.portcullis.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The subjects of one policy that this node has in memory, so many at most; those that nobody asks for go. Thread-safe. */
final class PolicyLimiters {

    private static final Duration LEAST_IDLE = Duration.ofMinutes(1);

    /** What all limiters of a process share. */
    record Parts(Standing standing, Ids ids, LeasedLimiter.Leasing leasing) {}

    private final LimitPolicy policy;
    private final Subjects subjects;
    private final LimitMeters.OfPolicy meters;
    private final Parts parts;
    private final Cache<Object, Limiter> limiters;

    PolicyLimiters(LimitPolicy policy, int mostKeys, LimitMeters.OfPolicy meters, Parts parts) {
        this.policy = policy;
        this.subjects = new Subjects(policy);
        this.meters = meters;
        this.parts = parts;
        this.limiters = Caffeine.newBuilder()
                .maximumSize(mostKeys)
                .executor(Runnable::run)
                .build();
    }

    LimitPolicy policy() {
        return policy;
    }

    /** What it goes by, as people ask for it. */
    String by() {
        return subjects.by();
    }

    /** The limiter that the request counts for; null where it lacks what the policy goes by. */
    @Nullable
    Limiter of(Decision.Allowed allowed, Supplier<@Nullable IpAddress> address) {
        Object key = subjects.key(allowed, address);
        return key == null ? null : at(key);
    }

    Limiter at(Object key) {
        Limiter known = limiters.getIfPresent(key);
        return known != null ? known : limiters.get(key, missing -> made(Subjects.text(missing)));
    }

    /** The one that is called so; null where it is not in memory. Looks through all of them. */
    @Nullable
    Limiter called(String subject) {
        return limiters.asMap().entrySet().stream()
                .filter(entry -> Subjects.text(entry.getKey()).equals(subject))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    void forget(String subject) {
        limiters.asMap().keySet().removeIf(key -> Subjects.text(key).equals(subject));
    }

    /** Those that nobody has asked for in two windows go. Looks through all of them. */
    void forgetIdle(long now) {
        long idle = TimeUnit.MILLISECONDS.toNanos(Math.max(2 * policy.rule().windowMillis(), LEAST_IDLE.toMillis()));
        limiters.asMap().values().removeIf(limiter -> now - limiter.usedAt() > idle);
    }

    Collection<Limiter> all() {
        return limiters.asMap().values();
    }

    long size() {
        return limiters.estimatedSize();
    }

    private Limiter made(String subject) {
        Rule rule = policy.rule();
        return switch (policy.mode()) {
            case LOCAL -> new LocalLimiter(policy, subject, meters, rule);
            case EXACT -> new ExactLimiter(policy, subject, meters, rule, parts.standing(), parts.ids());
            case LEASED -> new LeasedLimiter(policy, subject, meters, rule, parts.standing(), parts.leasing());
        };
    }
}
