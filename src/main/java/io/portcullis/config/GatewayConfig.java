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
        AdminServiceConfig adminService,
        UserServiceConfig userService,
        BreakerConfig breaker,
        AdminEventsConfig adminEvents,
        SyncConfig sync,
        LimitsConfig limits,
        UsageConfig usage,
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
                // Each cache verticle owns a connection, and those who share the process with them have theirs.
                .that(
                        deployment.cache().on(1)
                                <= redis.poolSize()
                                        - linksBesideCache(deployment, adminService)
                                        - linksForUsers(deployment, auth, cache, userService),
                        "leaves too few of redis.pool-size: following changes has one, limits have one, deployment.admin-events two, deployment.sync one, "
                                + "user-service.url one",
                        "deployment.cache.instances",
                        "redis.pool-size")
                .that(
                        auth.ownerCheck() == OwnerChecking.OFF || userService.url() != null,
                        "needs the User Service: user-service.url is missing",
                        "auth.owner-check",
                        "user-service.url")
                .that(
                        deployment.runsAnything() || syncs(deployment, adminService),
                        "is 0, and so is every other: this process would do nothing",
                        "deployment.ingress.instances",
                        "deployment.cache.instances",
                        "deployment.store.instances",
                        "deployment.invalidation.instances",
                        "deployment.management.instances",
                        "deployment.admin-events.instances")
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

    /** Whether this process compares the registry with the Admin Service. */
    public boolean syncs() {
        return syncs(deployment, adminService);
    }

    /** Whether this process has anybody to ask about users: who registers clients, or who lets them in. */
    public boolean asksUserService() {
        return asksUserService(deployment, auth, userService);
    }

    /** How many links to Redis are left for cache verticles. */
    public int linksForCache() {
        return redis.poolSize()
                - linksBesideCache(deployment, adminService)
                - linksForUsers(deployment, auth, cache, userService);
    }

    private static boolean syncs(DeploymentConfig deployment, AdminServiceConfig adminService) {
        return deployment.sync().any() && adminService.url() != null;
    }

    private static int linksBesideCache(DeploymentConfig deployment, AdminServiceConfig adminService) {
        return 1
                + (deployment.ingress().any() || deployment.management().any() ? 1 : 0)
                + (deployment.adminEvents().any() ? 2 : 0)
                + (syncs(deployment, adminService) ? 1 : 0);
    }

    private static boolean asksUserService(
            DeploymentConfig deployment, AuthConfig auth, UserServiceConfig userService) {
        return userService.url() != null
                && (deployment.management().any()
                        || (deployment.ingress().any() && auth.ownerCheck() != OwnerChecking.OFF));
    }

    private static int linksForUsers(
            DeploymentConfig deployment, AuthConfig auth, CacheConfig cache, UserServiceConfig userService) {
        return cache.enabled() && asksUserService(deployment, auth, userService) ? 1 : 0;
    }

    private static boolean collide(ServerConfig server, ManagementConfig management) {
        boolean sameHost = server.host().equals(management.host())
                || WILDCARDS.contains(server.host())
                || WILDCARDS.contains(management.host());
        return server.port() != 0 && server.port() == management.port() && sameHost;
    }
}
