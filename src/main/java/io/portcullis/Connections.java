package io.portcullis;

import io.portcullis.cache.RedisSettings;
import io.portcullis.cache.RedisTls;
import io.portcullis.cache.RedisTopology;
import io.portcullis.cache.ServerAddress;
import io.portcullis.config.AdminServiceConfig;
import io.portcullis.config.BreakerConfig;
import io.portcullis.config.PostgresConfig;
import io.portcullis.config.PostgresUrl;
import io.portcullis.config.RedisConfig;
import io.portcullis.config.RedisUrl;
import io.portcullis.config.Secret;
import io.portcullis.config.UserServiceConfig;
import io.portcullis.database.PostgresClients;
import io.portcullis.upstream.BreakerSettings;
import io.portcullis.upstream.UpstreamSettings;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** What the configuration says of the servers and services that are asked, as each room wants to hear it. */
final class Connections {

    /** Bytes of an answer, in which a few clients may be much larger than the rest. */
    private static final int MIN_ANSWER = 4 * 1024 * 1024;

    private static final int MOST_OF_A_CLIENT = 16 * 1024;

    private static final int MOST_OF_A_USER = 256 * 1024;

    private Connections() {}

    static PgConnectOptions postgres(PostgresUrl url) {
        PgConnectOptions options = new PgConnectOptions()
                .setHost(url.host())
                .setPort(url.port())
                .setDatabase(url.database())
                .setUser(url.user())
                .setSslMode(SslMode.of(url.sslMode().toString()));
        // As libpq has it: "require" and less encrypt without asking whom to, "verify-…" ask the JVM's trust store.
        ClientSSLOptions tls = new ClientSSLOptions();
        switch (url.sslMode()) {
            case VERIFY_FULL -> tls.setHostnameVerificationAlgorithm("HTTPS");
            case VERIFY_CA -> tls.setHostnameVerificationAlgorithm("");
            default -> tls.setTrustAll(true).setHostnameVerificationAlgorithm("");
        }
        options.setSslOptions(tls);
        Secret password = url.password();
        return password == null ? options : options.setPassword(password.reveal());
    }

    static PostgresClients.Limits limits(PostgresConfig config) {
        return new PostgresClients.Limits(
                config.poolSize(),
                config.queueSize(),
                config.pipeliningLimit(),
                config.connectTimeout(),
                config.idleTimeout(),
                config.maxLifetime());
    }

    /** For migrations: JDBC, and whoever calls it blocks. */
    static DataSource jdbc(PostgresUrl url, Duration connectTimeout) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url.jdbcUrl());
        source.setUser(url.user());
        source.setApplicationName("portcullis-migrations");
        int limit = Math.max(1, (int) connectTimeout.toSeconds());
        source.setConnectTimeout(limit);
        // A server that takes the connection and then says nothing.
        source.setLoginTimeout(limit);
        switch (url.sslMode()) {
            case VERIFY_CA, VERIFY_FULL -> source.setSslfactory("org.postgresql.ssl.DefaultJavaSSLFactory");
            default -> {}
        }
        Secret password = url.password();
        if (password != null) {
            source.setPassword(password.reveal());
        }
        return source;
    }

    static RedisSettings redis(RedisUrl url, RedisConfig config) {
        return new RedisSettings(
                servers(url, config),
                url.user(),
                reveal(url.password()),
                url.db(),
                url.tls() ? new RedisTls(config.tlsVerify(), config.tlsCa()) : null,
                config.prefix(),
                config.connectTimeout(),
                config.commandTimeout(),
                config.maxRetries(),
                config.maxPending(),
                config.poolSize(),
                config.minIdle(),
                config.idleTimeout(),
                config.maxLifetime());
    }

    private static RedisTopology servers(RedisUrl url, RedisConfig config) {
        List<ServerAddress> nodes = url.nodes().stream()
                .map(node -> new ServerAddress(node.host(), node.port()))
                .toList();
        String master = url.master();
        if (master != null) {
            Secret own = config.sentinelPassword();
            return own == null
                    ? new RedisTopology.Sentinel(nodes, master, url.user(), reveal(url.password()))
                    : new RedisTopology.Sentinel(nodes, master, config.sentinelUser(), own.reveal());
        }
        return url.mode() == RedisUrl.Mode.CLUSTER
                ? new RedisTopology.Cluster(nodes)
                : new RedisTopology.Standalone(nodes.get(0));
    }

    /** For a process that does one thing and ends: one connection, which is taken when it is asked for. */
    static PostgresClients.Limits oneConnection(PostgresConfig config) {
        return new PostgresClients.Limits(
                1,
                config.queueSize(),
                config.pipeliningLimit(),
                config.connectTimeout(),
                config.idleTimeout(),
                config.maxLifetime());
    }

    /** For a page of so many clients; each may be as large as what can be stored of one. */
    static UpstreamSettings adminService(AdminServiceConfig service, String url, BreakerConfig breaker, int pageSize) {
        return new UpstreamSettings(
                "admin-service",
                URI.create(url),
                reveal(service.token()),
                service.timeout(),
                service.connections(),
                Math.max(MIN_ANSWER, pageSize * MOST_OF_A_CLIENT),
                breaker(breaker));
    }

    /** For one user at a time. */
    static UpstreamSettings userService(UserServiceConfig service, String url, BreakerConfig breaker) {
        return new UpstreamSettings(
                "user-service",
                URI.create(url),
                reveal(service.token()),
                service.timeout(),
                service.connections(),
                MOST_OF_A_USER,
                breaker(breaker));
    }

    private static BreakerSettings breaker(BreakerConfig breaker) {
        return new BreakerSettings(breaker.window(), breaker.minimumCalls(), breaker.failureRatio(), breaker.openFor());
    }

    private static @Nullable String reveal(@Nullable Secret secret) {
        return secret == null ? null : secret.reveal();
    }
}
