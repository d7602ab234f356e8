package io.portcullis.config;

import java.util.Set;

/** The whole configuration of one process, valid by itself and across sections. */
public record GatewayConfig(
        ServerConfig server,
        ManagementConfig management,
        PostgresConfig postgres,
        RedisConfig redis,
        EmbeddedConfig embedded,
        AuthConfig auth,
        CacheConfig cache,
        FreshnessConfig freshness,
        TracingConfig tracing,
        DeploymentConfig deployment) {
    private static final Set<String> WILDCARDS = Set.of("0.0.0.0", "::");

    public GatewayConfig {
        boolean external = postgres.url() != null || redis.url() != null;
        new Checks("")
                .that(
                        postgres.url() != null || redis.url() == null,
                        "is missing, but redis.url is set: set both, or neither for the embedded servers",
                        "postgres.url",
                        "redis.url")
                .that(
                        redis.url() != null || postgres.url() == null,
                        "is missing, but postgres.url is set: set both, or neither for the embedded servers",
                        "redis.url",
                        "postgres.url")
                // Nodes of a fleet must agree on both; one made up by each node would let in nobody on the others.
                .that(
                        !external || auth.pepper() != null,
                        "is required where postgres.url and redis.url are set: at least 32 random characters, "
                                + "the same on every node",
                        "auth.pepper")
                .that(
                        !external || management.token() != null,
                        "is required where postgres.url and redis.url are set: at least 16 random characters",
                        "management.token")
                // Each cache verticle owns a connection, and so does the one that follows changes.
                .that(
                        deployment.cache().on(0) < redis.poolSize(),
                        "must be below redis.pool-size",
                        "deployment.cache.instances",
                        "redis.pool-size")
                .that(
                        !(deployment.ingress().any() && deployment.management().any()) || !collide(server, management),
                        "is taken by server.port already",
                        "management.port",
                        "server.port",
                        "server.host",
                        "management.host")
                .done();
    }

    /** Whether the servers that ship in the jar are to be started: no URL names others. */
    public boolean usesEmbedded() {
        return postgres.url() == null && redis.url() == null;
    }

    private static boolean collide(ServerConfig server, ManagementConfig management) {
        boolean sameHost = server.host().equals(management.host())
                || WILDCARDS.contains(server.host())
                || WILDCARDS.contains(management.host());
        return server.port() != 0 && server.port() == management.port() && sameHost;
    }
}
