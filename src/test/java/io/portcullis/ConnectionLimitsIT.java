package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a peer can make the gateway wait for, or hold: on real sockets, with short limits. */
class ConnectionLimitsIT {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int MOST = 40;

    private static @Nullable TestGateway started;
    private static String key = "";

    @BeforeAll
    static void start() throws Exception {
        started = TestGateway.start(Map.of(
                "PORTCULLIS_SERVER_HEAD_TIMEOUT", "500ms", "PORTCULLIS_SERVER_MAX_CONNECTIONS", String.valueOf(MOST)));
        key = gateway().client().key();
    }

    @AfterAll
    static void stop() {
        gateway().close();
    }

    @Test
    void aPeerThatSendsNothingIsClosed() throws Exception {
        double before = closedFor("head_timeout");
        try (RawHttp silent = new RawHttp(gateway().port())) {
            assertThat(silent.ended()).isTrue();
        }
        assertThat(closedFor("head_timeout")).isEqualTo(before + 1);
    }

    @Test
    void aPeerThatSendsItsHeadByAByteNowAndThenIsClosedAndOthersGoOn() throws Exception {
        double before = closedFor("head_timeout");
        try (RawHttp slow = new RawHttp(gateway().port());
                RawHttp other = new RawHttp(gateway().port())) {
            slow.send(withKey("slow"));
            slow.answer();
            slow.send("GET /auth HTTP/1.1\r\nX: ");
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(() -> {
                assertThat(other.send(withKey("other")).answer()).startsWith("HTTP/1.1 200");
                return isRefused(slow, "y");
            });
        }
        assertThat(closedFor("head_timeout")).isEqualTo(before + 1);
    }

    /** Keep-alive is for that; the idle time-out is another one. */
    @Test
    void aConnectionThatRestsBetweenRequestsStaysOpen() throws Exception {
        try (RawHttp resting = new RawHttp(gateway().port())) {
            resting.send(withKey("1")).answer();
            try (RawHttp silent = new RawHttp(gateway().port())) {
                assertThat(silent.ended())
                        .as("closed, after a time in which nothing came on the other one either")
                        .isTrue();
            }
            assertThat(resting.send(withKey("2")).answer()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void thousandsOfRequestsAtOnceAreAnsweredInTheirOrder() throws Exception {
        int count = 5000;
        try (RawHttp connection = new RawHttp(gateway().port())) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < count; i++) {
                    sendTo(connection, withKey("n" + i));
                }
            });
            for (int i = 0; i < count; i++) {
                assertThat(connection.answer()).startsWith("HTTP/1.1 200").contains("n" + i + "\r\n");
            }
            sending.get(20, TimeUnit.SECONDS);
        }
    }

    /** The kernels' buffers take what we do not read; then the peer has to wait, and we do not wait for ever. */
    @Test
    void aPeerThatTakesNoAnswersIsNotReadAndThenClosed() throws Exception {
        double before = closedFor("slow_reader");
        double refused = gateway().metric("auth_requests_total{outcome=\"missing_credentials\"}");
        String request = "GET /auth HTTP/1.1\r\nHost: a\r\n\r\n";
        int atOnce = 1000;
        int mostRounds = 10_000;
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4096);
            socket.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), gateway().port()));
            byte[] bytes = request.repeat(atOnce).getBytes(StandardCharsets.US_ASCII);

            assertThatThrownBy(() -> {
                        for (int i = 0; i < mostRounds; i++) {
                            socket.getOutputStream().write(bytes);
                        }
                    })
                    .as("closed before it has sent " + mostRounds * bytes.length + " bytes")
                    .isInstanceOf(SocketException.class);
        }
        assertThat(closedFor("slow_reader")).isEqualTo(before + 1);
        assertThat(gateway().metric("auth_requests_total{outcome=\"missing_credentials\"}") - refused)
                .as("answers that nobody takes: what the kernel holds of them, and 32 KB")
                .isLessThan(100_000);
    }

    @Test
    void aConnectionTooManyIsClosedAndOneThatEndsMakesRoom() throws Exception {
        await().atMost(LIMIT).until(() -> open() == 0);
        double before = closedFor("limit");
        Deque<RawHttp> all = new ArrayDeque<>();
        try {
            for (int i = 0; i < MOST; i++) {
                RawHttp connection = new RawHttp(gateway().port());
                all.add(connection);
                assertThat(connection.send(withKey("c" + i)).answer()).startsWith("HTTP/1.1 200");
            }
            assertThat(open()).isEqualTo(MOST);
            try (RawHttp tooMany = new RawHttp(gateway().port())) {
                assertThat(tooMany.ended()).isTrue();
            }
            assertThat(closedFor("limit")).isEqualTo(before + 1);
            assertThat(all.peek().send(withKey("again")).answer()).startsWith("HTTP/1.1 200");

            all.remove().close();
            await().atMost(LIMIT).until(() -> open() == MOST - 1);
            try (RawHttp next = new RawHttp(gateway().port())) {
                assertThat(next.send(withKey("next")).answer()).startsWith("HTTP/1.1 200");
            }
        } finally {
            for (RawHttp connection : all) {
                connection.close();
            }
        }
    }

    @Test
    void whatIsNoRequestIsCounted() throws Exception {
        double before = closedFor("invalid_request");
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send("NONSENSE\r\n\r\n").answer();
        }
        assertThat(closedFor("invalid_request")).isEqualTo(before + 1);
    }

    private static boolean isRefused(RawHttp connection, String bytes) {
        try {
            connection.send(bytes);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void sendTo(RawHttp connection, String bytes) {
        try {
            connection.send(bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String withKey(String id) {
        return "GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\nX-Request-Id: " + id + "\r\n\r\n";
    }

    private static double closedFor(String reason) throws Exception {
        return gateway().metric("http_connections_closed_total{port=\"data\",reason=\"" + reason + "\"}");
    }

    private static double open() throws Exception {
        return gateway().metric("http_connections{port=\"data\"}");
    }

    private static TestGateway gateway() {
        return Objects.requireNonNull(started);
    }
}
