package io.portcullis.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to reach Redis and how long to wait for it. Validated when built; {@link #toString()} shows neither user nor password.
 *
 * @param servers where they are
 * @param user name of an ACL user (Redis 6); null for the default user
 * @param password null where the server asks for none
 * @param db number given to SELECT, 0 is the server's own default
 * @param tls null for none; the same for Sentinels and servers
 * @param prefix put before every key, with a colon between; empty for none
 * @param connectTimeout from dialling to the first PONG, TLS and AUTH included
 * @param commandTimeout the longest that any command waits; a peer that owes an answer for so long loses its connection
 * @param maxRetries how often a read is sent again after connections were lost under it; 0 for never
 * @param maxPending commands of one link that may wait for an answer; more fail at once
 * @param poolSize links that this process may have; each is one connection, in a cluster one for each master that it was sent to
 * @param minIdle links with a lower index connect at start and stay; the others connect at first use
 * @param idleTimeout after which an unused link beyond {@code minIdle} closes its connection
 * @param maxLifetime after which a connection is replaced by a fresh one, less up to a tenth so that links do not all do so at once
 */
public record RedisSettings(
        RedisTopology servers,
        @Nullable String user,
        @Nullable String password,
        int db,
        @Nullable RedisTls tls,
        String prefix,
        Duration connectTimeout,
        Duration commandTimeout,
        int maxRetries,
        int maxPending,
        int poolSize,
        int minIdle,
        Duration idleTimeout,
        Duration maxLifetime) {

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException naming the component that is out of range
     */
    public RedisSettings {
        require(user == null || password != null, "user needs a password");
        require(db >= 0, "db must not be negative");
        require(db == 0 || !(servers instanceof RedisTopology.Cluster), "a cluster has no db but 0");
        require(maxRetries >= 0, "max-retries must not be negative");
        require(maxPending > 0, "max-pending must be at least 1");
        require(poolSize > 0, "pool-size must be at least 1");
        require(minIdle >= 0 && minIdle <= poolSize, "min-idle must be 0 to pool-size");
        requireTime(connectTimeout, "connect-timeout");
        requireTime(commandTimeout, "command-timeout");
        requireTime(idleTimeout, "idle-timeout");
        requireTime(maxLifetime, "max-lifetime");
    }

    private static void requireTime(Duration time, String name) {
        require(time.toMillis() >= 1 && time.toDays() <= 365, name + " must be 1 ms to 365 days");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException("redis: " + message);
        }
    }

    @Override
    public String toString() {
        return "RedisSettings[" + servers + ", db=" + db + ", tls=" + tls + ", poolSize=" + poolSize + "]";
    }
}
