package io.portcullis.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.auth.IpAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How often an address may fail to authenticate, on this node. Whoever has failed too often is not looked up any more; who is known here
 * already is not asked about it. Thread-safe.
 */
public final class FailureLimit {

    /** In windows; longer than what is owed for most that can be under way at once. */
    private static final int REMEMBERED = 10;

    private final Rule rule;
    private final Cache<IpAddress, Budget> budgets;
    private final Counter refused;

    /** @param mostKeys addresses that are held in memory */
    public FailureLimit(Rule rule, int mostKeys, MeterRegistry registry) {
        this.rule = rule;
        this.budgets = Caffeine.newBuilder()
                .maximumSize(mostKeys)
                .expireAfterAccess(Duration.ofMillis(Math.max(1_000, REMEMBERED * rule.windowMillis())))
                .build();
        this.refused = Counter.builder("rate_limit_failures_refused")
                .description("Requests that were not looked up, since their address had failed too often")
                .register(registry);
    }

    private static final class Budget {
        private final LocalBudget left;

        Budget(Rule rule) {
            this.left = LocalBudget.of(rule);
        }

        synchronized long until(long now) {
            return left.until(now);
        }

        synchronized void spend(long now) {
            left.spend(now);
        }
    }

    /** Whole seconds after which the address may try again; 0 where it may now, and where there is no address. */
    public int retryAfterSeconds(@Nullable IpAddress address) {
        Budget budget = address == null ? null : budgets.getIfPresent(Subjects.network(address));
        long wait = budget == null ? 0 : budget.until(System.nanoTime());
        if (wait <= 0) {
            return 0;
        }
        refused.increment();
        return (int) Math.max(1, TimeUnit.NANOSECONDS.toSeconds(wait + 999_999_999));
    }

    /** It has failed. All that were under way when it had failed too often count, too: so many at once gain nothing. */
    public void failed(@Nullable IpAddress address) {
        if (address != null) {
            budgets.get(Subjects.network(address), unknown -> new Budget(rule)).spend(System.nanoTime());
        }
    }
}
