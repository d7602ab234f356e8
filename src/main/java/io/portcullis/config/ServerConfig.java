package io.portcullis.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The data plane's listener.
 *
 * @param port 0 takes a free one
 * @param requestTimeout the deadline of one look-up through all tiers
 * @param idleTimeout a connection without traffic is closed after it
 * @param drainTimeout how long a stop waits for requests in flight
 * @param maxHeadSize all header fields of a request
 * @param maxUriSize the request line
 * @param headTimeout how long a peer may take to send a request's head, or to read answers
 * @param maxConnections 0: no bound
 * @param unixSocket path of a socket to listen at as well, {@code null} for none
 * @param unixSocketMode its permissions, three octal digits
 * @param tls how the port is secured
 */
public record ServerConfig(
        String host,
        int port,
        Duration requestTimeout,
        Duration idleTimeout,
        Duration drainTimeout,
        ByteSize maxHeadSize,
        ByteSize maxUriSize,
        Duration headTimeout,
        int maxConnections,
        @Nullable Path unixSocket,
        String unixSocketMode,
        TlsConfig tls) {
    public ServerConfig {
        new Checks("server.")
                .host("host", host)
                .port("port", port)
                .between("request-timeout", requestTimeout, ofMillis(10), ofMinutes(1))
                .between("idle-timeout", idleTimeout, ofSeconds(1), ofHours(1))
                // A connection that waits for us has no traffic either: it must not be cut before its answer is due.
                .that(
                        idleTimeout.compareTo(requestTimeout) >= 0,
                        "must not be shorter than server.request-timeout",
                        "idle-timeout",
                        "request-timeout")
                .between("drain-timeout", drainTimeout, Duration.ZERO, ofMinutes(10))
                .between("max-head-size", maxHeadSize, new ByteSize(1 << 10), new ByteSize(1 << 20))
                .between("max-uri-size", maxUriSize, new ByteSize(256), new ByteSize(1 << 20))
                .between("head-timeout", headTimeout, ofMillis(100), ofMinutes(1))
                .between("max-connections", maxConnections, 0, 1_000_000)
                .that(unixSocketMode.matches("[0-7]{3}"), "must be three octal digits, as 660", "unix-socket-mode")
                .done();
    }

    /** The permissions that {@code unixSocketMode} means. */
    public Set<PosixFilePermission> unixSocketPermissions() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < unixSocketMode.length(); i++) {
            int bits = unixSocketMode.charAt(i) - '0';
            text.append((bits & 4) == 0 ? '-' : 'r')
                    .append((bits & 2) == 0 ? '-' : 'w')
                    .append((bits & 1) == 0 ? '-' : 'x');
        }
        return PosixFilePermissions.fromString(text.toString());
    }
}
