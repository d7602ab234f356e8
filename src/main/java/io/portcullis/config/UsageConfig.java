package io.portcullis.config;

import java.time.Duration;

/**
 * How uses of keys and the traffic are written.
 *
 * @param flushEvery what a {@code kill -9} may lose
 * @param mostKeys that are held in memory while PostgreSQL is away
 */
public record UsageConfig(Duration flushEvery, int mostKeys) {
    public UsageConfig {
        new Checks("usage.")
                .between("flush-every", flushEvery, Duration.ofMillis(100), Duration.ofMinutes(1))
                .between("most-keys", mostKeys, 100, 10_000_000)
                .done();
    }
}
