package io.portcullis.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The source of truth, and its pool.
 *
 * @param url {@code null} for the embedded server
 * @param listenUrl the way that LISTEN takes; {@code null} for {@code url} (see {@link #listen()})
 * @param poolMin connections kept open when idle
 * @param healthTimeout limit of one health check
 * @param queueSize look-ups that may wait for a connection; beyond it they fail at once
 * @param pipeliningLimit statements in flight on one connection
 * @param concurrencyMin look-ups under way at once that are always tried
 * @param concurrencyMax look-ups that are ever under way at once
 * @param slowQuery one that takes longer is told of; 0 for none
 */
public record PostgresConfig(
        @Nullable PostgresUrl url,
        @Nullable PostgresUrl listenUrl,
        int poolSize,
        int poolMin,
        Duration maxLifetime,
        Duration idleTimeout,
        Duration connectTimeout,
        Duration healthTimeout,
        int queueSize,
        int pipeliningLimit,
        int concurrencyMin,
        int concurrencyMax,
        Duration slowQuery) {
    public PostgresConfig {
        new Checks("postgres.")
                .that(
                        listenUrl == null || url != null,
                        "is set, but postgres.url is not: the embedded server has one way only",
                        "listen-url",
                        "url")
                // One half is for look-ups, one for transactions.
                .between("pool-size", poolSize, 2, 1000)
                .between("pool-min", poolMin, 0, 1000)
                .that(poolMin <= poolSize, "must not exceed postgres.pool-size", "pool-min", "pool-size")
                .between("max-lifetime", maxLifetime, ofSeconds(1), ofDays(7))
                .between("idle-timeout", idleTimeout, ofSeconds(1), ofDays(7))
                .between("connect-timeout", connectTimeout, ofMillis(10), ofMinutes(1))
                .between("health-timeout", healthTimeout, ofMillis(10), ofMinutes(1))
                .between("queue-size", queueSize, 1, 1_000_000)
                .between("pipelining-limit", pipeliningLimit, 1, 10_000)
                .between("concurrency-min", concurrencyMin, 1, 100_000)
                .between("concurrency-max", concurrencyMax, 1, 100_000)
                .that(
                        concurrencyMin <= concurrencyMax,
                        "must not exceed postgres.concurrency-max",
                        "concurrency-min",
                        "concurrency-max")
                .between("slow-query", slowQuery, Duration.ZERO, ofMinutes(1))
                .done();
    }

    /** Where LISTEN connects: the direct way, if {@code url} leads through a pooler. */
    public @Nullable PostgresUrl listen() {
        return listenUrl == null ? url : listenUrl;
    }
}
