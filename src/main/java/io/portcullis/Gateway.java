package io.portcullis;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.ClientAddress;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.LocalCodec;
import io.portcullis.cache.RedisLinks;
import io.portcullis.config.ClientCertificates;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.TlsConfig;
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
import io.portcullis.ingress.CertificateWatch;
import io.portcullis.ingress.IngressVerticle;
import io.portcullis.ingress.OpenConnections;
import io.portcullis.ingress.RequestDecoderGuard;
import io.portcullis.ingress.ServerTls;
import io.portcullis.ingress.TlsException;
import io.portcullis.ingress.TlsFiles;
import io.portcullis.ingress.UnixSocket;
import io.portcullis.ingress.UnixSocketException;
import io.portcullis.management.HealthCheck;
import io.portcullis.management.ManagementVerticle;
import io.portcullis.registry.Authenticator;
import io.portcullis.registry.CacheVerticle;
import io.portcullis.registry.LadderClient;
import io.portcullis.registry.NearCache;
import io.portcullis.registry.PgClientRegistry;
import io.portcullis.registry.RecordRefusals;
import io.portcullis.registry.StoreVerticle;
import io.portcullis.registry.TierMeters;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
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

    /** How often the TLS files are looked at. */
    private static final Duration CERTIFICATE_LOOKS = Duration.ofSeconds(2);

    private final GatewayConfig config;
    private final Deque<Closing> closings = new ArrayDeque<>();
    private final Instant startedAt;
    private volatile boolean serving;
    private volatile boolean draining;
    private volatile int dataPort;
    private volatile int managementPort;
    private @Nullable String demoKey;
    private @Nullable ServerTls tls;
    private boolean closed;
    private final Reach reach;

    private record Closing(String what, AutoCloseable step) {}

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
        Instant startedAt = Instant.now();
        EmbeddedServers servers =
                config.usesEmbedded() ? EmbeddedServers.start(config.embedded().data()) : null;
        Gateway gateway = null;
        try {
            gateway = new Gateway(config, Reach.of(config, servers), startedAt);
            if (servers != null) {
                gateway.onClose("embedded servers", servers);
            }
            gateway.startParts(servers);
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
        while (!closings.isEmpty()) {
            Closing closing = closings.pop();
            try {
                closing.step().close();
            } catch (Exception e) {
                log.warn("event=gateway.stop_failed what=\"{}\" reason=\"{}\"", closing.what(), e.toString());
            }
        }
        log.info("event=gateway.stopped");
    }

    private void startParts(@Nullable EmbeddedServers servers) throws StartException, IOException {
        migrate();

        Telemetry telemetry = new Telemetry();
        onClose("metrics", telemetry);
        PrometheusMeterRegistry metrics = telemetry.registry();
        Vertx vertx = telemetry.vertx(eventLoops());
        onClose("event loops", () -> Waiting.on("closing the event loops", vertx.close()));
        LocalCodec.register(vertx);
        vertx.exceptionHandler(Gateway::unhandled);

        Clock clock = Clock.systemUTC();
        // Before anything that takes time: files that cannot be used are told at once.
        tls = config.deployment().ingress().any() ? tls(vertx) : null;
        PostgresClients postgres = PostgresClients.create(
                vertx, Connections.postgres(reach.postgres()), Connections.limits(config.postgres()));
        onClose("PostgreSQL connections", () -> Waiting.on("closing PostgreSQL connections", postgres.close()));
        Waiting.on(
                "reaching " + reach.postgres(), postgres.open(config.postgres().poolMin()));
        warnOfAnotherPepper(new PgClientRegistry(postgres.lookups(), postgres.transactions()));

        RedisMetrics redisMetrics = new RedisMetrics(metrics);
        RedisLinks redis = new RedisLinks(Connections.redis(reach.redis(), config.redis()), redisMetrics);
        redisMetrics.bind(redis);

        Freshness freshness =
                new Freshness(config.freshness().lease(), config.freshness().grace());
        NearCache near = new NearCache(
                config.cache().nearSize().bytes(),
                config.cache().unknownTtl(),
                config.cache().unknownEntries());
        Gauge.builder("registry_near_clients", near, NearCache::clientCount).register(metrics);
        Gauge.builder("registry_near_credentials", near, NearCache::credentialCount)
                .register(metrics);

        int loops = eventLoops();
        int shards =
                config.deployment().cache().on(Math.min(loops, config.redis().poolSize() - 1));
        // Stopped after all that decides, started before it: the first answer is given by a process that follows the
        // log.
        if (config.deployment().invalidation().any()) {
            deploy(vertx, "invalidation", () -> invalidation(freshness, near, redis, metrics));
        }
        TierMeters storeMeters = TierMeters.timed(metrics, "store");
        RecordRefusals refusals = new RecordRefusals(metrics);
        for (int i = 0; i < config.deployment().store().on(loops); i++) {
            deploy(vertx, "store", () -> new StoreVerticle(postgres, freshness, storeMeters, refusals));
        }
        CacheVerticle.Parts cacheParts = new CacheVerticle.Parts(
                shards,
                redis,
                config.redis().prefix(),
                redisMetrics,
                reach.pepper(),
                freshness,
                config.cache().ttl(),
                TierMeters.timed(metrics, "redis"),
                refusals);
        for (int i = 0; i < shards; i++) {
            int shard = i;
            deploy(vertx, "cache", () -> new CacheVerticle(shard, cacheParts));
        }
        if (config.deployment().management().any()) {
            deploy(
                    vertx,
                    "management",
                    () -> management(
                            vertx,
                            metrics,
                            new Probes(config.postgres().healthTimeout(), freshness, postgres, redis),
                            new FreshnessResources(
                                    new Nodes(
                                            vertx,
                                            postgres.lookups(),
                                            config.postgres().healthTimeout()),
                                    new ChangeFeed(
                                            postgres.transactions(),
                                            config.postgres().healthTimeout()))));
        }
        if (config.deployment().ingress().any()) {
            Authenticator authenticator = new Authenticator(
                    new Authenticator.Parts(
                            Fingerprinter.create(new SecureRandom()),
                            reach.pepper(),
                            near,
                            freshness,
                            config.cache().ttl(),
                            deadline -> InvalidationVerticle.CATCH_UP.ask(
                                    vertx.eventBus(), InvalidationVerticle.CatchUp.NOW, deadline),
                            refusals,
                            clock),
                    new LadderClient(vertx.eventBus(), shards));
            deployIngress(
                    vertx, metrics, authenticator, config.deployment().ingress().on(loops));
        }
        if (servers != null) {
            publishRunFile(servers);
            if (config.embedded().demoClient()) {
                demoKey = DemoClient.createIfEmpty(
                        new PgClientRegistry(postgres.lookups(), postgres.transactions()), reach.pepper());
            }
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
    private void warnOfAnotherPepper(PgClientRegistry registry) throws StartException {
        String id = reach.pepper().id();
        boolean foreign =
                Waiting.on("asking for keys", registry.hasOnlyKeysOfOtherPeppers(id, Deadline.in(PEPPER_LIMIT)));
        if (foreign) {
            log.warn(
                    "event=pepper.unknown pepper_id={} reason=\"no key in the registry was made with this auth.pepper\"",
                    id);
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

    private void deployIngress(Vertx vertx, PrometheusMeterRegistry metrics, Authenticator authenticator, int count)
            throws StartException {
        var server = config.server();
        UnixSocket unixSocket = unixSocket(vertx);
        IngressVerticle.Parts parts = new IngressVerticle.Parts(
                config.auth().schemes(),
                authenticator,
                new ClientAddress(AddressRules.of(config.auth().trustedProxies())),
                metrics,
                () -> draining,
                port -> dataPort = port,
                server.headTimeout(),
                new OpenConnections("data", server.maxConnections(), metrics),
                tls,
                isCertificateCredential() ? server.tls().clientIdentity() : null,
                unixSocket);
        IngressVerticle.Listener listener = new IngressVerticle.Listener(
                server.host(),
                // Vert.x takes a negative port as "any free one, the same for all instances".
                server.port() == 0 ? -1 : server.port(),
                server.requestTimeout(),
                server.idleTimeout(),
                server.drainTimeout(),
                server.maxHeadSize().toInt(),
                server.maxUriSize().toInt());
        String id = Waiting.on(
                "listening on " + server.host() + ":" + server.port(),
                vertx.deployVerticle(
                        () -> new IngressVerticle(listener, parts), new DeploymentOptions().setInstances(count)));
        Duration limit = server.drainTimeout().plusSeconds(5);
        onClose("data plane", () -> Waiting.on("draining the data plane", vertx.undeploy(id), limit));
        if (unixSocket != null) {
            try {
                unixSocket.publish();
            } catch (UnixSocketException e) {
                throw new StartException("server.unix-socket: " + e.getMessage(), e);
            }
            log.info("event=gateway.unix_socket path=\"{}\"", server.unixSocket());
        }
        ServerTls secured = tls;
        if (secured != null) {
            deploy(
                    vertx,
                    "certificate",
                    () -> new CertificateWatch(secured, CERTIFICATE_LOOKS, metrics, Clock.systemUTC()));
        }
    }

    private @Nullable UnixSocket unixSocket(Vertx vertx) throws StartException {
        Path path = config.server().unixSocket();
        if (path == null) {
            return null;
        }
        try {
            UnixSocket socket = UnixSocket.prepare(path, config.server().unixSocketPermissions(), vertx);
            onClose("Unix socket", socket);
            return socket;
        } catch (UnixSocketException e) {
            throw new StartException("server.unix-socket: " + e.getMessage(), e);
        }
    }

    private boolean isCertificateCredential() {
        return config.server().tls().clientCertificates() != ClientCertificates.NONE
                && config.auth().schemes().contains(CredentialScheme.CERTIFICATE);
    }

    private @Nullable ServerTls tls(Vertx vertx) throws StartException {
        TlsConfig tls = config.server().tls();
        if (tls.certificate() == null || tls.key() == null) {
            return null;
        }
        try {
            return ServerTls.load(
                    new TlsFiles(tls.certificate(), tls.key(), tls.clientCa()),
                    switch (tls.clientCertificates()) {
                        case NONE -> ClientAuth.NONE;
                        case REQUEST -> ClientAuth.REQUEST;
                        case REQUIRED -> ClientAuth.REQUIRED;
                    },
                    vertx);
        } catch (TlsException e) {
            throw new StartException("server.tls: " + e.getMessage(), e);
        }
    }

    private InvalidationVerticle invalidation(
            Freshness freshness, NearCache near, RedisLinks redis, PrometheusMeterRegistry metrics) {
        Evictions evictions = new Evictions() {
            @Override
            public void client(String clientId) {
                near.forgetClient(clientId);
            }

            @Override
            public void everything() {
                near.forgetAll();
            }
        };
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
            Vertx vertx, PrometheusMeterRegistry metrics, Probes probes, FreshnessResources resources) {
        return new ManagementVerticle(new ManagementVerticle.Parts(
                config.management().host(),
                config.management().port(),
                reach.token().reveal(),
                metrics,
                () -> serving,
                checks(probes),
                this::status,
                resources.all(),
                options -> new RequestDecoderGuard(
                                options,
                                vertx,
                                config.server().headTimeout(),
                                new OpenConnections("management", 0, metrics))::protect,
                port -> managementPort = port));
    }

    private List<HealthCheck> checks(Probes probes) {
        List<HealthCheck> checks = new ArrayList<>(probes.all());
        if (tls != null) {
            checks.add(new TlsProbe(tls, Clock.systemUTC()).check());
        }
        return checks;
    }

    private JsonObject status() {
        String version = Gateway.class.getPackage().getImplementationVersion();
        return new JsonObject()
                .put("version", version == null ? "development" : version)
                .put("started_at", startedAt.toString())
                .put("draining", draining)
                .put("data_port", dataPort)
                .put("event_loops", eventLoops());
    }

    private void deploy(Vertx vertx, String what, Supplier<Deployable> verticle) throws StartException {
        String id = Waiting.on(
                what.equals("management")
                        ? "listening on " + config.management().host() + ":"
                                + config.management().port()
                        : "starting the " + what + " verticle",
                vertx.deployVerticle(verticle, new DeploymentOptions()));
        onClose(what + " verticle", () -> Waiting.on("stopping the " + what + " verticle", vertx.undeploy(id)));
    }

    private void publishRunFile(EmbeddedServers servers) throws IOException {
        Path data = config.embedded().data();
        RunFile.ofThisProcess(
                        (config.server().tls().enabled() ? "https" : "http") + "://127.0.0.1:" + dataPort,
                        "http://127.0.0.1:" + managementPort,
                        servers.postgresUrl(),
                        servers.redisUrl(),
                        EmbeddedServers.secretsFolder(data))
                .write(data);
        onClose("run file", () -> RunFile.delete(data));
    }

    private static int eventLoops() {
        return Runtime.getRuntime().availableProcessors();
    }

    private void onClose(String what, AutoCloseable step) {
        closings.push(new Closing(what, step));
    }
}
