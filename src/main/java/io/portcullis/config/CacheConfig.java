package io.portcullis.config;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import java.time.Duration;

/**
 * How much is remembered, and for how long.
 *
 * @param enabled whether Redis holds clients and keys; the near cache is there either way
 * @param ttl of a client or key in the near cache and in Redis
 * @param nearSize bound of the near cache's weight
 * @param unknownTtl how long "no such key" is remembered
 * @param unknownEntries how many such keys
 * @param userTtl how long what the User Service said of a user is used again
 * @param warm keys that are read at start, 0 for none
 * @param warmLimit how long the start waits for that
 * @param compressAbove values for Redis that are larger are compressed; 0 for none
 */
public record CacheConfig(
        boolean enabled,
        Duration ttl,
        ByteSize nearSize,
        Duration unknownTtl,
        int unknownEntries,
        Duration userTtl,
        int warm,
        Duration warmLimit,
        ByteSize compressAbove) {
    public CacheConfig {
        new Checks("cache.")
                .between("ttl", ttl, ofSeconds(1), Duration.ofHours(24))
                .between("near-size", nearSize, new ByteSize(1 << 20), new ByteSize(1L << 40))
                // A key that was just made must not stay unknown for longer than its maker takes to try it.
                .between("unknown-ttl", unknownTtl, ofMillis(0), ofSeconds(1))
                .between("unknown-entries", unknownEntries, 0, 10_000_000)
                .between("user-ttl", userTtl, ofSeconds(1), Duration.ofHours(24))
                .between("warm", warm, 0, 1_000_000)
                .between("warm-limit", warmLimit, ofMillis(100), Duration.ofMinutes(5))
                .between("compress-above", compressAbove, new ByteSize(0), new ByteSize(1 << 20))
                .done();
    }
}
