package io.portcullis;

import io.portcullis.cache.RedisSettings;
import io.portcullis.config.PostgresConfig;
import io.portcullis.config.PostgresUrl;
import io.portcullis.config.RedisConfig;
import io.portcullis.config.RedisUrl;
import io.portcullis.config.Secret;
import io.portcullis.database.PostgresClients;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** What the configuration says of the two servers, as each room wants to hear it. */
final class Connections {

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
                url.host(),
                url.port(),
                url.user(),
                reveal(url.password()),
                url.db(),
                url.tls(),
                config.tlsVerify(),
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

    /** For such a process: one link, which connects as soon as it is opened. */
    static RedisSettings oneLink(RedisUrl url, RedisConfig config) {
        RedisSettings all = redis(url, config);
        return new RedisSettings(
                all.host(),
                all.port(),
                all.user(),
                all.password(),
                all.db(),
                all.tls(),
                all.tlsVerify(),
                all.prefix(),
                all.connectTimeout(),
                all.commandTimeout(),
                all.maxRetries(),
                all.maxPending(),
                1,
                1,
                all.idleTimeout(),
                all.maxLifetime());
    }

    private static @Nullable String reveal(@Nullable Secret secret) {
        return secret == null ? null : secret.reveal();
    }
}
