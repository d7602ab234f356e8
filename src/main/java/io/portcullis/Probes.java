package io.portcullis;

import io.portcullis.cache.RedisLinks;
import io.portcullis.config.GatewayConfig;
import io.portcullis.database.PostgresClients;
import io.portcullis.management.HealthCheck;
import io.portcullis.management.HealthCheck.Level;
import io.portcullis.management.HealthCheck.Result;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What readiness asks in this process. PostgreSQL away is a degraded node for as long as its caches may decide, lease and grace; then it is
 * down. Redis away is never more than degraded.
 */
final class Probes {

    private final PostgresClients postgres;
    private final RedisLinks redis;
    private final BooleanSupplier draining;
    private final Duration limit;
    private final long cachesServeNanos;
    private volatile long lastAnswerNanos = System.nanoTime();

    Probes(GatewayConfig config, PostgresClients postgres, RedisLinks redis, BooleanSupplier draining) {
        this.postgres = postgres;
        this.redis = redis;
        this.draining = draining;
        this.limit = config.postgres().healthTimeout();
        this.cachesServeNanos =
                config.freshness().lease().plus(config.freshness().grace()).toNanos();
    }

    List<HealthCheck> all() {
        return List.of(
                new HealthCheck("drain", this::drain),
                new HealthCheck("postgres", this::postgres),
                new HealthCheck("redis", this::redis));
    }

    private Future<Result> drain() {
        return Future.succeededFuture(
                draining.getAsBoolean() ? new Result(Level.DOWN, "this node is stopping") : Result.UP);
    }

    /** A trigger that is gone means changes that no log tells of: worse than no database. */
    private Future<Result> postgres() {
        return postgres.triggerFaults(limit).transform(asked -> {
            if (asked.failed()) {
                boolean cachesServe = System.nanoTime() - lastAnswerNanos < cachesServeNanos;
                return Future.succeededFuture(
                        new Result(cachesServe ? Level.DEGRADED : Level.DOWN, "no answer; see the log"));
            }
            lastAnswerNanos = System.nanoTime();
            List<String> faults = asked.result();
            return Future.succeededFuture(
                    faults.isEmpty() ? Result.UP : new Result(Level.DOWN, "change log: " + String.join(", ", faults)));
        });
    }

    private Future<Result> redis() {
        boolean connected = redis.active() + redis.idle() > 0;
        return Future.succeededFuture(connected ? Result.UP : new Result(Level.DEGRADED, "not connected"));
    }
}
