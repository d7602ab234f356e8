package io.portcullis.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

/** What somebody hostile does over connections of his own, in a form that {@link Attacker} can carry out. */
enum Attack {
    /** A head that never ends, a byte a second on each of many connections (RFC 9112 knows no limit of time). */
    SLOWLORIS("slowloris", 2_000, 0) {
        @Override
        byte[] opening(InetSocketAddress gateway) {
            return ascii("GET /auth HTTP/1.1\r\nHost: a\r\nX-Slow: ");
        }

        @Override
        byte[] drip() {
            return ascii("a");
        }
    },
    /** A body that is announced and comes byte by byte. */
    SLOW_BODY("slow body", 2_000, 0) {
        @Override
        byte[] opening(InetSocketAddress gateway) {
            return ascii("POST /auth HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        }

        @Override
        byte[] drip() {
            return ascii("a");
        }
    },
    /** Requests one behind the other, four a second on each connection, and no answer is ever read. */
    SLOW_READ("slow read", 500, 0) {
        @Override
        byte[] opening(InetSocketAddress gateway) {
            return drip();
        }

        @Override
        byte[] drip() {
            return ascii("GET /auth HTTP/1.1\r\nHost: a\r\n\r\n".repeat(4));
        }
    },
    /** Connections that say nothing. */
    IDLE("10,000 idle", 10_000, 0),
    /** Keys that are well-formed and nobody's: each costs a look-up in every tier. */
    SPRAY("key spray", 16, 1) {
        private final SecureRandom random = new SecureRandom();

        @Override
        byte[] opening(InetSocketAddress gateway) {
            return new byte[0];
        }

        @Override
        byte[] request(InetSocketAddress gateway) {
            return Bench.request(gateway, io.portcullis.auth.ApiKey.generate("load", random));
        }
    };

    private final String title;
    private final int connections;
    private final int lookUps;

    Attack(String title, int connections, int lookUps) {
        this.title = title;
        this.connections = connections;
        this.lookUps = lookUps;
    }

    String title() {
        return title;
    }

    /** How many at once. */
    int connections() {
        return connections;
    }

    /** How many times an answered request of it is looked up in the near cache, and missed. */
    int lookUps() {
        return lookUps;
    }

    /** Sent when a connection is there, as far as the peer takes it. */
    byte[] opening(InetSocketAddress gateway) throws IOException {
        return new byte[0];
    }

    /** Sent each second on each connection; empty for nothing. */
    byte[] drip() {
        return new byte[0];
    }

    /** Sent at the attack's rate, on whichever connection has its last answer; empty for an attack that has none. */
    byte[] request(InetSocketAddress gateway) {
        return new byte[0];
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
