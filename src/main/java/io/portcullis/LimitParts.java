package io.portcullis;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.LimitsConfig;
import io.portcullis.ingress.LimitHeaders;
import io.portcullis.management.HealthCheck;
import io.portcullis.ratelimit.Dimension;
import io.portcullis.ratelimit.FailureLimit;
import io.portcullis.ratelimit.LimitPolicy;
import io.portcullis.ratelimit.Limits;
import io.portcullis.ratelimit.LimitsVerticle;
import io.portcullis.ratelimit.Rule;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What of this process has to do with limits. */
final class LimitParts {

    private final GatewayConfig config;
    private final RedisLinks redis;
    private final RedisMeters redisMeters;
    private final Limits limits;
    private final @Nullable FailureLimit failures;

    LimitParts(GatewayConfig config, Vertx vertx, RedisLinks redis, RedisMeters redisMeters, MeterRegistry metrics) {
        this.config = config;
        this.redis = redis;
        this.redisMeters = redisMeters;
        LimitsConfig how = config.limits();
        // The number is each client's own; this one is never used.
        LimitPolicy ofClient = new LimitPolicy(
                LimitPolicy.OF_CLIENT,
                Set.of(Dimension.CLIENT),
                new Rule.SlidingWindow(1, how.window()),
                how.mode(),
                how.away(),
                false,
                false);
        this.limits = new Limits(
                vertx.eventBus(),
                new Limits.Settings(how.policies(), ofClient, how.lease(), how.mostKeys()),
                new SecureRandom(),
                metrics);
        this.failures = how.failures() == null ? null : new FailureLimit(how.failures(), how.mostKeys(), metrics);
    }

    Limits limits() {
        return limits;
    }

    @Nullable
    FailureLimit failures() {
        return failures;
    }

    LimitHeaders headers() {
        return switch (config.limits().fields()) {
            case IETF -> LimitHeaders.IETF;
            case BOTH -> LimitHeaders.BOTH;
            case NONE -> LimitHeaders.NONE;
        };
    }

    /** To be stopped after all that decides: it gives back what is leased. */
    Part verticle() {
        return new Part(
                "limits",
                () -> new LimitsVerticle(
                        limits, redis, config.redis().prefix(), config.redis().ttl(), redisMeters));
    }

    /** A node without Redis goes on, by its share. */
    HealthCheck check() {
        return new HealthCheck(
                "limits",
                () -> Future.succeededFuture(
                        limits.isDegraded()
                                ? new HealthCheck.Result(
                                        HealthCheck.Level.DEGRADED,
                                        "Redis cannot be asked: limits go by this node's share, or admit nobody")
                                : HealthCheck.Result.UP));
    }
}
