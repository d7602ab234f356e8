package io.portcullis.config;

import static io.portcullis.config.Keys.*;

/** Hands each key's value to the record that it belongs to. */
final class Assembly {
    private Assembly() {}

    /** @throws InvalidSettingException from the first record that is not valid */
    static GatewayConfig of(Settings settings) {
        return new GatewayConfig(
                server(settings),
                management(settings),
                postgres(settings),
                redis(settings),
                new EmbeddedConfig(settings.get(EMBEDDED_DATA), settings.get(EMBEDDED_DEMO_CLIENT)),
                auth(settings),
                new CacheConfig(
                        settings.get(CACHE_ENABLED),
                        settings.get(CACHE_TTL),
                        settings.get(CACHE_NEAR_SIZE),
                        settings.get(CACHE_UNKNOWN_TTL),
                        settings.get(CACHE_UNKNOWN_ENTRIES),
                        settings.get(CACHE_USER_TTL),
                        settings.get(CACHE_WARM),
                        settings.get(CACHE_WARM_LIMIT),
                        settings.get(CACHE_COMPRESS_ABOVE)),
                new FreshnessConfig(
                        settings.get(FRESHNESS_LEASE),
                        settings.get(FRESHNESS_GRACE),
                        settings.get(FRESHNESS_LOG_AGE),
                        settings.get(FRESHNESS_LOG_CHANGES)),
                new AdminServiceConfig(
                        settings.orNull(ADMIN_SERVICE_URL),
                        settings.orNull(ADMIN_SERVICE_TOKEN),
                        settings.get(ADMIN_SERVICE_TIMEOUT),
                        settings.get(ADMIN_SERVICE_CONNECTIONS)),
                new UserServiceConfig(
                        settings.orNull(USER_SERVICE_URL),
                        settings.orNull(USER_SERVICE_TOKEN),
                        settings.get(USER_SERVICE_TIMEOUT),
                        settings.get(USER_SERVICE_CONNECTIONS)),
                new BreakerConfig(
                        settings.get(BREAKER_WINDOW),
                        settings.get(BREAKER_MINIMUM_CALLS),
                        settings.get(BREAKER_FAILURE_RATIO),
                        settings.get(BREAKER_OPEN_FOR)),
                new AdminEventsConfig(
                        settings.get(ADMIN_EVENTS_STREAM),
                        settings.get(ADMIN_EVENTS_GROUP),
                        settings.get(ADMIN_EVENTS_BATCH),
                        settings.get(ADMIN_EVENTS_CLAIM_AFTER),
                        settings.get(ADMIN_EVENTS_TRIES)),
                new SyncConfig(settings.get(SYNC_AT), settings.get(SYNC_PAGE_SIZE), settings.get(SYNC_FIRST_START)),
                new LimitsConfig(
                        settings.get(LIMITS_POLICIES),
                        settings.get(LIMITS_WINDOW),
                        settings.get(LIMITS_MODE),
                        settings.get(LIMITS_AWAY),
                        settings.get(LIMITS_LEASE),
                        settings.get(LIMITS_MOST_KEYS),
                        settings.get(LIMITS_FIELDS),
                        settings.orNull(LIMITS_FAILURES)),
                new UsageConfig(settings.get(USAGE_FLUSH_EVERY), settings.get(USAGE_MOST_KEYS)),
                new TracingConfig(
                        settings.orNull(TRACING_ENDPOINT),
                        settings.get(TRACING_SAMPLE_RATIO),
                        settings.get(TRACING_SERVICE_NAME)),
                new DeploymentConfig(
                        settings.get(INGRESS_INSTANCES),
                        settings.get(CACHE_INSTANCES),
                        settings.get(STORE_INSTANCES),
                        settings.get(INVALIDATION_INSTANCES),
                        settings.get(MANAGEMENT_INSTANCES),
                        settings.get(ADMIN_EVENTS_INSTANCES),
                        settings.get(SYNC_INSTANCES),
                        settings.get(LOOP_WARNING)));
    }

    private static ServerConfig server(Settings settings) {
        return new ServerConfig(
                settings.get(SERVER_HOST),
                settings.get(SERVER_PORT),
                settings.get(SERVER_REQUEST_TIMEOUT),
                settings.get(SERVER_IDLE_TIMEOUT),
                settings.get(SERVER_DRAIN_TIMEOUT),
                settings.get(SERVER_MAX_HEAD_SIZE),
                settings.get(SERVER_MAX_URI_SIZE),
                settings.get(SERVER_HEAD_TIMEOUT),
                settings.get(SERVER_MAX_CONNECTIONS),
                settings.orNull(SERVER_UNIX_SOCKET),
                settings.get(SERVER_UNIX_SOCKET_MODE),
                new TlsConfig(
                        settings.orNull(SERVER_TLS_CERTIFICATE),
                        settings.orNull(SERVER_TLS_KEY),
                        settings.orNull(SERVER_TLS_CLIENT_CA),
                        settings.get(SERVER_TLS_CLIENT_AUTH),
                        settings.get(SERVER_TLS_CLIENT_IDENTITY)));
    }

    private static AuthConfig auth(Settings settings) {
        return new AuthConfig(
                settings.orNull(AUTH_PEPPER),
                settings.get(AUTH_FORMER_PEPPERS),
                settings.orNull(AUTH_NEXT_PEPPER),
                settings.get(AUTH_TRUSTED_PROXIES),
                settings.get(AUTH_FORWARDED_HEADER),
                settings.get(AUTH_PROXY_CACHE),
                settings.get(AUTH_SCHEMES),
                settings.get(AUTH_OWNER_CHECK),
                new SlowHashConfig(
                        settings.get(SLOW_HASH_THREADS),
                        settings.get(SLOW_HASH_WAITING),
                        settings.get(SLOW_HASH_MEMORY)));
    }

    private static ManagementConfig management(Settings settings) {
        return new ManagementConfig(
                settings.get(MANAGEMENT_HOST),
                settings.get(MANAGEMENT_PORT),
                settings.orNull(MANAGEMENT_TOKEN),
                settings.orNull(MANAGEMENT_TLS_CERTIFICATE),
                settings.orNull(MANAGEMENT_TLS_KEY),
                settings.get(MANAGEMENT_INSECURE));
    }

    private static PostgresConfig postgres(Settings settings) {
        return new PostgresConfig(
                settings.orNull(POSTGRES_URL),
                settings.orNull(POSTGRES_LISTEN_URL),
                settings.get(POSTGRES_POOL_SIZE),
                settings.get(POSTGRES_POOL_MIN),
                settings.get(POSTGRES_MAX_LIFETIME),
                settings.get(POSTGRES_IDLE_TIMEOUT),
                settings.get(POSTGRES_CONNECT_TIMEOUT),
                settings.get(POSTGRES_HEALTH_TIMEOUT),
                settings.get(POSTGRES_QUEUE_SIZE),
                settings.get(POSTGRES_PIPELINING_LIMIT),
                settings.get(POSTGRES_CONCURRENCY_MIN),
                settings.get(POSTGRES_CONCURRENCY_MAX),
                settings.get(POSTGRES_SLOW_QUERY));
    }

    private static RedisConfig redis(Settings settings) {
        return new RedisConfig(
                settings.orNull(REDIS_URL),
                settings.orNull(REDIS_PASSWORD),
                settings.orNull(REDIS_DB),
                settings.orNull(REDIS_SENTINEL_USER),
                settings.orNull(REDIS_SENTINEL_PASSWORD),
                settings.get(REDIS_PREFIX),
                settings.get(REDIS_TTL),
                settings.get(REDIS_TLS_VERIFY),
                settings.orNull(REDIS_TLS_CA),
                settings.get(REDIS_POOL_SIZE),
                settings.get(REDIS_MIN_IDLE),
                settings.get(REDIS_MAX_RETRIES),
                settings.get(REDIS_IDLE_TIMEOUT),
                settings.get(REDIS_MAX_LIFETIME),
                settings.get(REDIS_CONNECT_TIMEOUT),
                settings.get(REDIS_COMMAND_TIMEOUT),
                settings.get(REDIS_MAX_PENDING),
                settings.get(REDIS_SLOW_COMMAND));
    }
}
