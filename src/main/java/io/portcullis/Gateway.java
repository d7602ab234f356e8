package io.portcullis;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.LocalCodec;
import io.portcullis.cache.RedisLinks;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.ManagementConfig;
import io.portcullis.database.Migrations;
import io.portcullis.database.PostgresClients;
import io.portcullis.embedded.EmbeddedException;
import io.portcullis.embedded.EmbeddedServers;
import io.portcullis.embedded.RunFile;
import io.portcullis.freshness.ChangeFeed;
import io.portcullis.freshness.Evictions;
import io.portcullis.freshness.Freshness;
import io.portcullis.freshness.InvalidationVerticle;
import io.portcullis.freshness.NodeInfo;
import io.portcullis.freshness.Nodes;
import io.portcullis.ingress.OpenConnections;
import io.portcullis.ingress.RequestDecoderGuard;
import io.portcullis.management.HealthCheck;
import io.portcullis.management.ManagementVerticle;
import io.portcullis.management.Resource;
import io.portcullis.registry.PgClientRegistry;
import io.portcullis.registry.PgPeppers;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: builds every part of a process, deploys what the configuration says, and stops in reverse order. The only place
 * that knows all rooms.
 *
 * <p>{@link #start} and {@link #close} block; both belong to the main thread or a shutdown hook, never to an event loop.
 */
public final class Gateway implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Gateway.class);

    /** Some 200 bytes each. */
    private static final int MOST_FENCES = 1_000_000;

    private static final Duration PEPPER_LIMIT = Duration.ofSeconds(10);

    private final GatewayConfig config;
    private final Closings closings = new Closings();
    private final Instant startedAt;
    private volatile boolean serving;
    private volatile boolean draining;
    private volatile int dataPort;
    private volatile int managementPort;
    private @Nullable String demoKey;
    private @Nullable DataPlaneListeners listeners;
    private @Nullable UserServiceParts userService;
    private @Nullable LimitParts limits;
    private boolean closed;
    private final Reach reach;
    /** Who is told of a configuration that is taken over while the gateway runs. */
    private final List<Consumer<GatewayConfig>> takers = new ArrayList<>();

    private @Nullable ConfigReload reload;

    private Gateway(GatewayConfig config, Reach reach, Instant startedAt) {
        this.startedAt = startedAt;
        this.config = config;
        this.reach = reach;
    }

    /**
     * Starts everything and returns when it serves.
     *
     * @throws EmbeddedException the embedded servers cannot be started
     * @throws StartException anything else that keeps the gateway from serving; nothing is left running
     */
    public static Gateway start(GatewayConfig config) throws EmbeddedException, StartException {
        return start(config, null);
    }

    /** The same, and takes over what it can of its configuration's file when that changes. */
    static Gateway start(ConfigWatch.Watched watched) throws EmbeddedException, StartException {
        return start(watched.loaded().config(), watched);
    }

    private static Gateway start(GatewayConfig config, ConfigWatch.@Nullable Watched watched)
            throws EmbeddedException, StartException {
        Instant startedAt = Instant.now();
        EmbeddedServers servers =
                config.usesEmbedded() ? EmbeddedServers.start(config.embedded().data()) : null;
        Gateway gateway = null;
        try {
            gateway = new Gateway(config, Reach.of(config, servers), startedAt);
            if (servers != null) {
                gateway.closings.add("embedded servers", servers);
            }
            gateway.startParts(servers, watched);
            return gateway;
        } catch (StartException | IOException | RuntimeException e) {
            if (gateway != null) {
                gateway.close();
            } else if (servers != null) {
                servers.close();
            }
            throw e instanceof StartException known ? known : new StartException("cannot start: " + e.getMessage(), e);
        }
    }

    /** Port of the data plane, 0 where this process has none. */
    public int dataPort() {
        return dataPort;
    }

    /** Port of the management verticle, 0 where this process has none. */
    public int managementPort() {
        return managementPort;
    }

    /** The key of the demo client that this start created; null where it created none. */
    @Nullable
    String demoKey() {
        return demoKey;
    }

    /** Drains and stops, in the reverse order of the start. Idempotent; a step that fails does not keep the others. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        draining = true;
        serving = false;
        log.info("event=gateway.stopping");
        closings.close();
        log.info("event=gateway.stopped");
    }

    private void startParts(@Nullable EmbeddedServers servers, ConfigWatch.@Nullable Watched watched)
            throws StartException, IOException {
        migrate();

        Telemetry telemetry = new Telemetry();
        closings.add("metrics", telemetry);
        PrometheusMeterRegistry metrics = telemetry.registry();
        ConfigReload reloading =
                watched == null ? null : new ConfigReload(watched, this::takeOver, Clock.systemUTC(), metrics);
        reload = reloading;
        Vertx vertx = telemetry.vertx(eventLoops(), config.deployment().loopWarning(), config.tracing());
        closings.add("event loops", () -> Waiting.on("closing the event loops", vertx.close()));
        LocalCodec.register(vertx);
        vertx.exceptionHandler(Gateway::unhandled);

        Clock clock = Clock.systemUTC();
        DataPlaneListeners dataPlane =
                config.deployment().ingress().any() ? new DataPlaneListeners(config, vertx, metrics, closings) : null;
        listeners = dataPlane;
        PostgresClients postgres = PostgresClients.create(
                vertx, Connections.postgres(reach.postgres()), Connections.limits(config.postgres()));
        closings.add("PostgreSQL connections", () -> Waiting.on("closing PostgreSQL connections", postgres.close()));
        Waiting.on(
                "reaching " + reach.postgres(), postgres.open(config.postgres().poolMin()));
        warnOfAnotherPepper(new PgPeppers(postgres.lookups()));

        SlowOperations slow = new SlowOperations(metrics, System::nanoTime, config);
        takers.add(slow::use);
        RedisMetrics redisMetrics = new RedisMetrics(metrics, slow);
        RedisLinks redis = new RedisLinks(Connections.redis(reach.redis(), config.redis()), redisMetrics);
        redisMetrics.bind(redis);

        Freshness freshness =
                new Freshness(config.freshness().lease(), config.freshness().grace());
        takers.add(changed -> freshness.grace(changed.freshness().grace()));
        LookupParts lookups = new LookupParts(
                config, reach, vertx, eventLoops(), postgres, slow, redis, redisMetrics, freshness, metrics);
        // Stopped after all that decides, started before it: the first answer is given by a process that follows the
        // log.
        if (config.deployment().invalidation().any()) {
            deploy(vertx, "invalidation", () -> invalidation(freshness, lookups.evictions(), redis, metrics));
        }
        for (Part part : lookups.verticles()) {
            deploy(vertx, part.name(), part.verticle());
        }
        LimitParts limiting = new LimitParts(config, vertx, redis, redisMetrics, metrics);
        limits = limiting;
        if (dataPlane != null || config.deployment().management().any()) {
            deploy(vertx, limiting.verticle().name(), limiting.verticle().verticle());
        }
        AdminServiceParts adminService =
                new AdminServiceParts(config, vertx, postgres, slow, redis, redisMetrics, metrics, clock);
        for (Part part : adminService.verticles()) {
            deploy(vertx, part.name(), part.verticle());
        }
        userService = UserServiceParts.of(config, vertx, redis, redisMetrics, reach.pepper(), metrics, clock);
        takers.add(userService::use);
        for (Part part : userService.verticles()) {
            deploy(vertx, part.name(), part.verticle());
        }
        Administration administration = new Administration(
                postgres.transactions(),
                config,
                reach,
                userService.owners(),
                lookups.clients(),
                limiting.limits().inspection(),
                lookups.ladder());
        UsageParts usage = new UsageParts(config, postgres, slow, metrics, clock);
        if (dataPlane != null) {
            deploy(vertx, "usage", usage::verticle);
        }
        if (config.deployment().management().any()) {
            deploy(
                    vertx,
                    "management",
                    () -> management(
                            vertx,
                            metrics,
                            new Probes(config.postgres().healthTimeout(), freshness, postgres, slow, redis),
                            new CacheResources(vertx.eventBus(), redisMetrics, redis),
                            new FreshnessResources(
                                    new Nodes(
                                            vertx,
                                            postgres.lookups(),
                                            config.postgres().healthTimeout()),
                                    new ChangeFeed(
                                            postgres.transactions(),
                                            config.postgres().healthTimeout())),
                            usage,
                            adminService,
                            administration));
        }
        if (dataPlane != null) {
            lookups.warm();
            takers.add(dataPlane::use);
            dataPlane.open(
                    lookups.authenticator(reach, usage.uses(), userService.ownerCheck(), clock, closings),
                    limiting,
                    usage.times(),
                    config.deployment().ingress().on(eventLoops()),
                    () -> draining,
                    port -> dataPort = port);
        }
        if (servers != null) {
            publishRunFile(servers);
            if (config.embedded().demoClient()) {
                demoKey = DemoClient.createIfEmpty(
                        new PgClientRegistry(postgres.lookups(), postgres.transactions()), reach.pepper());
            }
        }
        if (watched != null && reloading != null) {
            closings.add("watching the configuration", ConfigWatch.start(reloading, watched.hangup()));
        }
        serving = true;
        log.info(
                "event=gateway.started data_port={} management_port={} embedded={} millis={}",
                dataPort,
                managementPort,
                servers != null,
                Instant.now().toEpochMilli() - startedAt.toEpochMilli());
    }

    /** The commonest mistake of a second node: every key is unknown to it, and nothing else looks wrong. */
    private void warnOfAnotherPepper(PgPeppers stored) throws StartException {
        List<String> ids = reach.peppers().ids();
        boolean foreign = Waiting.on("asking for keys", stored.hasOnlyKeysOfOthers(ids, Deadline.in(PEPPER_LIMIT)));
        if (foreign) {
            log.warn(
                    "event=pepper.unknown pepper_id={} reason=\"no key in the registry was made with this auth.pepper, a former or the next one\"",
                    String.join(",", ids));
        }
    }

    /** Where it came from, not what it says: a parser's complaint may quote what it could not parse. */
    private static void unhandled(Throwable failure) {
        StackTraceElement[] frames = failure.getStackTrace();
        log.error(
                "event=unhandled type={} at={}",
                failure.getClass().getName(),
                frames.length == 0 ? "unknown" : frames[0]);
    }

    private void migrate() throws StartException {
        try {
            int applied = new Migrations(
                            Connections.jdbc(reach.direct(), config.postgres().connectTimeout()))
                    .migrate();
            if (applied > 0) {
                log.info("event=database.migrated steps={}", applied);
            }
        } catch (RuntimeException e) {
            throw new StartException(
                    "the schema of " + reach.direct() + " could not be brought up to date: " + e.getMessage(), e);
        }
    }

    private void takeOver(GatewayConfig changed) {
        takers.forEach(taker -> taker.accept(changed));
    }

    private InvalidationVerticle invalidation(
            Freshness freshness, Evictions evictions, RedisLinks redis, PrometheusMeterRegistry metrics) {
        return new InvalidationVerticle(new InvalidationVerticle.Parts(
                NodeInfo.ofThisProcess(),
                Connections.postgres(reach.direct()),
                config.postgres().connectTimeout(),
                redis,
                config.redis().prefix(),
                new SecretKeySpec(reach.pepper().derive(InvalidationVerticle.MAC_LABEL), "HmacSHA256"),
                freshness,
                evictions,
                new InvalidationVerticle.LogLimits(
                        config.cache().ttl(),
                        MOST_FENCES,
                        config.freshness().logAge(),
                        config.freshness().logChanges()),
                metrics));
    }

    private ManagementVerticle management(
            Vertx vertx,
            PrometheusMeterRegistry metrics,
            Probes probes,
            CacheResources cache,
            FreshnessResources freshness,
            UsageParts usage,
            AdminServiceParts adminService,
            Administration administration) {
        return new ManagementVerticle(new ManagementVerticle.Parts(
                config.management().host(),
                config.management().port(),
                certificate(config.management()),
                administration.access(),
                administration.operations(),
                freshness::barrier,
                metrics,
                () -> serving,
                checks(probes, adminService),
                Stream.of(
                                List.of(new Resource(
                                        "/status",
                                        Set.of(),
                                        none -> Future.succeededFuture(new Resource.Body(status())))),
                                cache.all(),
                                freshness.all(),
                                usage.resources(),
                                adminService.resources())
                        .flatMap(List::stream)
                        .toList(),
                options -> new RequestDecoderGuard(
                                options,
                                vertx,
                                config.server().headTimeout(),
                                new OpenConnections("management", 0, metrics))::protect,
                port -> managementPort = port));
    }

    private static @Nullable PemKeyCertOptions certificate(ManagementConfig management) {
        return management.certificate() == null || management.key() == null
                ? null
                : new PemKeyCertOptions()
                        .addCertPath(management.certificate().toString())
                        .addKeyPath(management.key().toString());
    }

    private List<HealthCheck> checks(Probes probes, AdminServiceParts adminService) {
        List<HealthCheck> checks = new ArrayList<>(probes.all());
        checks.addAll(adminService.checks());
        if (userService != null) {
            checks.addAll(userService.checks());
        }
        if (limits != null) {
            checks.add(limits.check());
        }
        if (listeners != null) {
            checks.addAll(listeners.checks());
        }
        if (reload != null) {
            checks.add(reload.healthCheck());
        }
        return checks;
    }

    private JsonObject status() {
        String version = Gateway.class.getPackage().getImplementationVersion();
        JsonObject status = new JsonObject()
                .put("version", version == null ? "development" : version)
                .put("started_at", startedAt.toString())
                .put("draining", draining)
                .put("data_port", dataPort)
                .put("event_loops", eventLoops());
        return reload == null ? status : status.put("config", reload.status());
    }

    private void deploy(Vertx vertx, String what, Supplier<Deployable> verticle) throws StartException {
        String id = Waiting.on(
                what.equals("management")
                        ? "listening on " + config.management().host() + ":"
                                + config.management().port()
                        : "starting the " + what + " verticle",
                vertx.deployVerticle(verticle, new DeploymentOptions()));
        closings.add(what + " verticle", () -> Waiting.on("stopping the " + what + " verticle", vertx.undeploy(id)));
    }

    private void publishRunFile(EmbeddedServers servers) throws IOException {
        Path data = config.embedded().data();
        RunFile.ofThisProcess(
                        (config.server().tls().enabled() ? "https" : "http") + "://127.0.0.1:" + dataPort,
                        (config.management().tls() ? "https" : "http") + "://127.0.0.1:" + managementPort,
                        servers.postgresUrl(),
                        servers.redisUrl(),
                        EmbeddedServers.secretsFolder(data))
                .write(data);
        closings.add("run file", () -> RunFile.delete(data));
    }

    private static int eventLoops() {
        return Runtime.getRuntime().availableProcessors();
    }
}
