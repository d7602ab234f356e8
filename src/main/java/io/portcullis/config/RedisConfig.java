package io.portcullis.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The shared cache, and its connections.
 *
 * @param url {@code null} for the embedded server; read {@link #target()} to connect
 * @param password overrides the URL's
 * @param db overrides the URL's
 * @param prefix put before every key
 * @param sentinelUser for the Sentinels alone, with {@code sentinelPassword}
 * @param sentinelPassword in place of the URL's, for the Sentinels alone
 * @param ttl of what the cache operations write without saying for how long
 * @param tlsVerify whether a {@code rediss://} server must prove its name
 * @param tlsCa PEM file of the certificates that vouch for the server; {@code null} for the JVM's own
 * @param maxRetries of a command that can be repeated
 * @param commandTimeout from writing a command to reading its answer
 * @param maxPending commands that may wait on one connection; beyond it they fail at once
 * @param slowCommand one that takes longer is told of; 0 for none
 */
public record RedisConfig(
        @Nullable RedisUrl url,
        @Nullable Secret password,
        @Nullable Integer db,
        @Nullable String sentinelUser,
        @Nullable Secret sentinelPassword,
        String prefix,
        Duration ttl,
        boolean tlsVerify,
        @Nullable Path tlsCa,
        int poolSize,
        int minIdle,
        int maxRetries,
        Duration idleTimeout,
        Duration maxLifetime,
        Duration connectTimeout,
        Duration commandTimeout,
        int maxPending,
        Duration slowCommand) {
    public RedisConfig {
        new Checks("redis.")
                // Who gives these means a Redis of their own: better to stop than to start the embedded one beside it.
                .that(password == null || url != null, "is set, but redis.url is not", "password", "url")
                .that(db == null || url != null, "is set, but redis.url is not", "db", "url")
                .that(db == null || (db >= 0 && db <= 99_999), "must be between 0 and 99999", "db")
                .that(
                        db == null || db == 0 || url == null || url.mode() != RedisUrl.Mode.CLUSTER,
                        "must be 0 in a cluster, which has no other",
                        "db",
                        "url")
                .that(
                        sentinelPassword == null || (url != null && url.mode() == RedisUrl.Mode.SENTINEL),
                        "is set, but redis.url is no redis+sentinel://",
                        "sentinel-password",
                        "url")
                .that(
                        sentinelUser == null || sentinelPassword != null,
                        "is set, but redis.sentinel-password is not",
                        "sentinel-user",
                        "sentinel-password")
                .that(
                        tlsCa == null || (url != null && url.tls()),
                        "is set, but redis.url is no rediss://",
                        "tls-ca",
                        "url")
                .that(
                        tlsCa == null || tlsVerify,
                        "is set, but redis.tls-verify is false and asks for none",
                        "tls-ca",
                        "tls-verify")
                .that(
                        tlsCa == null || holdsCertificates(tlsCa),
                        "must be a readable file with certificates in PEM form",
                        "tls-ca")
                // No glob and no hash tag: deletes by pattern and Cluster slots must not read the prefix as one.
                .that(
                        prefix.matches("[A-Za-z0-9:._/-]{0,64}"),
                        "must be at most 64 letters, digits or any of : . _ / -",
                        "prefix")
                .between("ttl", ttl, ofSeconds(1), ofDays(30))
                .between("pool-size", poolSize, 2, 1000)
                .between("min-idle", minIdle, 0, 1000)
                .that(minIdle <= poolSize, "must not exceed redis.pool-size", "min-idle", "pool-size")
                .between("max-retries", maxRetries, 0, 100)
                .between("idle-timeout", idleTimeout, ofSeconds(1), ofDays(7))
                .between("max-lifetime", maxLifetime, ofSeconds(1), ofDays(7))
                .between("connect-timeout", connectTimeout, ofMillis(10), ofMinutes(1))
                .between("command-timeout", commandTimeout, ofMillis(10), ofMinutes(1))
                .between("max-pending", maxPending, 1, 1_000_000)
                .between("slow-command", slowCommand, Duration.ZERO, ofMinutes(1))
                .done();
    }

    /** The URL with {@code password} and {@code db} in place of its own; {@code null} for the embedded server. */
    public @Nullable RedisUrl target() {
        return url == null ? null : url.with(password, db);
    }

    private static boolean holdsCertificates(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return !CertificateFactory.getInstance("X.509")
                    .generateCertificates(in)
                    .isEmpty();
        } catch (IOException | GeneralSecurityException e) {
            return false;
        }
    }
}
