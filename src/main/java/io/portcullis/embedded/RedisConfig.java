package io.portcullis.embedded;

import java.nio.file.Path;

/**
 * The configuration file of Redis.
 *
 * <p>What Redis holds can be lost without harm, since PostgreSQL is the truth. So it keeps snapshots, at most one in five minutes and one
 * at its end, also at ours by {@code kill -9}; an append-only file would cost a write per command to save what a reload brings back.
 */
final class RedisConfig {
    private RedisConfig() {}

    static String of(Path home, int port, String password) {
        return """
                # Written by the gateway at every start.
                bind 127.0.0.1
                protected-mode yes
                port %d
                requirepass %s
                dir "%s"
                daemonize no
                logfile ""
                loglevel notice
                databases 16
                save 300 1
                appendonly no
                # A disk that is full must not stop a cache, nor keep it from ending.
                stop-writes-on-bgsave-error no
                shutdown-on-sigterm force
                # Bounded; what has no expiry (streams, locks in use) is never evicted.
                maxmemory 256mb
                maxmemory-policy volatile-lru
                """.formatted(
                        port, password, home.toString().replace("\\", "\\\\").replace("\"", "\\\""));
    }
}
