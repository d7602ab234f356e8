package io.portcullis;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.config.GatewayConfig;
import io.portcullis.database.PostgresClients;
import io.portcullis.database.QueryWatch;
import io.portcullis.events.AdminEventsVerticle;
import io.portcullis.events.EventSink;
import io.portcullis.events.EventsHealth;
import io.portcullis.freshness.NodeInfo;
import io.portcullis.management.HealthCheck;
import io.portcullis.management.HealthCheck.Level;
import io.portcullis.management.HealthCheck.Result;
import io.portcullis.management.Resource;
import io.portcullis.source.SourceWriter;
import io.portcullis.sync.ClientSource;
import io.portcullis.sync.SyncVerticle;
import io.portcullis.upstream.AdminServiceVerticle;
import io.portcullis.upstream.BreakerState;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What of this process has to do with the Admin Service: its events, its API behind a breaker, the sync. Each is there where the configuration
 * says so; none of them ever keeps the node from being ready.
 */
final class AdminServiceParts {

    private final List<Part> parts = new ArrayList<>();
    private final List<HealthCheck> checks = new ArrayList<>();
    private final List<Resource> resources = new ArrayList<>();

    AdminServiceParts(
            GatewayConfig config,
            Vertx vertx,
            PostgresClients postgres,
            QueryWatch watch,
            RedisLinks redis,
            RedisMeters redisMeters,
            MeterRegistry meters,
            Clock clock) {
        if (config.deployment().adminEvents().any()) {
            events(config, postgres, watch, redis, redisMeters, meters, clock);
        }
        String url = config.adminService().url();
        if (config.syncs() && url != null) {
            AdminServiceVerticle service = new AdminServiceVerticle(
                    Connections.adminService(
                            config.adminService(),
                            url,
                            config.breaker(),
                            config.sync().pageSize()),
                    meters);
            parts.add(new Part("admin service", () -> service));
            checks.add(new HealthCheck("admin-service", () -> Future.succeededFuture(breaker(service.state()))));
            sync(config, vertx, postgres, redis, redisMeters, meters, clock);
        }
    }

    /** In the order in which they are started. */
    List<Part> verticles() {
        return parts;
    }

    List<HealthCheck> checks() {
        return checks;
    }

    List<Resource> resources() {
        return resources;
    }

    private void events(
            GatewayConfig config,
            PostgresClients postgres,
            QueryWatch watch,
            RedisLinks redis,
            RedisMeters redisMeters,
            MeterRegistry meters,
            Clock clock) {
        var events = config.adminEvents();
        EventsHealth health = new EventsHealth();
        parts.add(new Part(
                "admin events",
                () -> new AdminEventsVerticle(new AdminEventsVerticle.Parts(
                        new AdminEventsVerticle.Settings(
                                events.stream(), events.group(), events.batch(), events.claimAfter(), events.tries()),
                        NodeInfo.ofThisProcess().name(),
                        redis,
                        redisMeters,
                        EventSink.of(new SourceWriter(postgres.transactions(), watch)),
                        health,
                        meters,
                        clock))));
        checks.add(new HealthCheck("admin-events", () -> Future.succeededFuture(consuming(health.state()))));
    }

    private void sync(
            GatewayConfig config,
            Vertx vertx,
            PostgresClients postgres,
            RedisLinks redis,
            RedisMeters redisMeters,
            MeterRegistry meters,
            Clock clock) {
        ClientSource source = new AdminServiceSource(vertx.eventBus());
        parts.add(new Part(
                "sync",
                () -> new SyncVerticle(new SyncVerticle.Parts(
                        source,
                        postgres.lookups(),
                        postgres.transactions(),
                        redis,
                        config.redis().prefix(),
                        redisMeters,
                        new SyncVerticle.Schedule(
                                config.sync().at(), config.sync().firstStart()),
                        config.sync().pageSize(),
                        clock,
                        meters))));
        resources.addAll(new SyncResources(vertx.eventBus(), postgres.lookups()).all());
    }

    /** What readiness makes of a service behind a breaker. */
    static Result breaker(BreakerState state) {
        return state == BreakerState.CLOSED
                ? Result.UP
                : new Result(Level.DEGRADED, "its breaker is " + text(state) + "; see the log");
    }

    private static Result consuming(EventsHealth.State state) {
        return switch (state) {
            case CONSUMING -> Result.UP;
            case STOPPED -> new Result(Level.DEGRADED, "events are not consumed");
            case REDIS_AWAY -> new Result(Level.DEGRADED, "events wait: Redis is away");
            case DATABASE_AWAY -> new Result(Level.DEGRADED, "events wait: PostgreSQL is away");
        };
    }

    private static String text(BreakerState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
