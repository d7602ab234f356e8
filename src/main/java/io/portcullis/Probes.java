package io.portcullis;

import io.portcullis.cache.RedisLinks;
import io.portcullis.database.PostgresClients;
import io.portcullis.database.QueryWatch;
import io.portcullis.freshness.Freshness;
import io.portcullis.freshness.LeaseState;
import io.portcullis.management.HealthCheck;
import io.portcullis.management.HealthCheck.Level;
import io.portcullis.management.HealthCheck.Result;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What readiness asks in this process. PostgreSQL away is a degraded node for as long as its caches may decide, lease and grace; then it is
 * down. Redis away is never more than degraded.
 */
final class Probes {

    private static final Logger log = LoggerFactory.getLogger(Probes.class);

    private final Duration limit;
    private final Freshness freshness;
    private final PostgresClients postgres;
    private final QueryWatch watch;
    private final RedisLinks redis;
    /** Probes run on one event loop. */
    private boolean away;

    Probes(Duration limit, Freshness freshness, PostgresClients postgres, QueryWatch watch, RedisLinks redis) {
        this.limit = limit;
        this.watch = watch;
        this.freshness = freshness;
        this.postgres = postgres;
        this.redis = redis;
    }

    List<HealthCheck> all() {
        return List.of(
                new HealthCheck("postgres", this::postgres),
                new HealthCheck("freshness", this::freshness),
                new HealthCheck("redis", this::redis));
    }

    /** A trigger that is gone means changes that no log tells of: worse than no database. */
    private Future<Result> postgres() {
        return watch.watch("health.triggers", () -> postgres.triggerFaults(limit))
                .transform(asked -> {
                    if (asked.failed()) {
                        return Future.succeededFuture(noAnswer(asked.cause()));
                    }
                    if (away) {
                        away = false;
                        log.info("event=health.postgres_answers");
                    }
                    List<String> faults = asked.result();
                    return Future.succeededFuture(
                            faults.isEmpty()
                                    ? Result.UP
                                    : new Result(Level.DOWN, "change log: " + String.join(", ", faults)));
                });
    }

    private Result noAnswer(Throwable reason) {
        if (!away) {
            away = true;
            log.warn("event=health.postgres_silent reason=\"{}\"", reason.getMessage());
        }
        boolean cachesServe = freshness.state(System.nanoTime()) != LeaseState.LOST;
        return new Result(cachesServe ? Level.DEGRADED : Level.DOWN, "no answer; see the log");
    }

    /** A node without a lease still answers, by asking; whether it can, the other checks know. */
    private Future<Result> freshness() {
        LeaseState state = freshness.state(System.nanoTime());
        return Future.succeededFuture(
                state == LeaseState.HELD
                        ? Result.UP
                        : new Result(
                                Level.DEGRADED,
                                "the change log cannot be followed; lease: "
                                        + state.name().toLowerCase(Locale.ROOT)));
    }

    private Future<Result> redis() {
        int down = redis.down();
        return Future.succeededFuture(
                down == 0 ? Result.UP : new Result(Level.DEGRADED, down + " connections lost; see the log"));
    }
}
