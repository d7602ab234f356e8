package io.portcullis.config;

import io.portcullis.ratelimit.LimitMode;
import io.portcullis.ratelimit.LimitPolicy;
import io.portcullis.ratelimit.RedisAway;
import io.portcullis.ratelimit.Rule;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How often who may call.
 *
 * @param window of a client's own {@code rate_limit}
 * @param mode of that, {@code away} as well
 * @param lease the longest that a node has what it has taken from Redis
 * @param mostKeys subjects of one policy in memory
 * @param failures of authentication for each address; null for no limit
 */
public record LimitsConfig(
        List<LimitPolicy> policies,
        Duration window,
        LimitMode mode,
        RedisAway away,
        Duration lease,
        int mostKeys,
        LimitFields fields,
        @Nullable Rule failures) {

    private static final int MOST_POLICIES = 32;

    public LimitsConfig {
        new Checks("limits.")
                .that(policies.size() <= MOST_POLICIES, "must be " + MOST_POLICIES + " at most", "policies")
                .that(
                        policies.stream().map(LimitPolicy::name).distinct().count() == policies.size(),
                        "must have a name each",
                        "policies")
                .between("window", window, Duration.ofMillis(100), Duration.ofDays(1))
                .between("lease", lease, Duration.ofMillis(20), Duration.ofMinutes(1))
                .between("most-keys", mostKeys, 1_000, 100_000_000)
                .done();
    }
}
