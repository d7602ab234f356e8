package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.RawHttp;
import io.portcullis.testing.TestServers;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data plane at a file, beside its port. */
class UnixSocketIT {

    private final Path socket;

    UnixSocketIT(@TempDir Path folder) {
        socket = folder.resolve("portcullis.sock");
    }

    @Test
    void requestsAreAnsweredAtTheFileAndAtThePort() throws Exception {
        leaveDead();
        try (TestGateway gateway = start(Map.of())) {
            TestGateway.TestClient client = gateway.client();

            assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
            try (SocketChannel channel = connect()) {
                assertThat(ask(channel, client.key()))
                        .startsWith("HTTP/1.1 200")
                        .contains(client.id());
                assertThat(ask(channel, "wrong")).startsWith("HTTP/1.1 401");
            }
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-rw----");
            assertThat(entries()).containsExactly(socket);

            // Its peer has no address: no rule can hold for it, whatever it says of itself.
            gateway.sql("UPDATE client_registry.clients SET allowed_ips = '{0.0.0.0/0,::/0}' WHERE client_id = '"
                    + client.id() + "'");
            try (SocketChannel channel = connect()) {
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> ask(channel, client.key() + "\r\nX-Forwarded-For: 192.0.2.1")
                                .startsWith("HTTP/1.1 403"));
            }

            assertThatThrownBy(() -> start(Map.of()))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("server.unix-socket: " + socket + ": another process listens there");
            assertThat(gateway.withKey(gateway.client().key()).statusCode()).isEqualTo(200);
            theUpgradeToHttp2IsNotOfferedInTheClear(gateway);
        }
        assertThat(entries()).isEmpty();
    }

    @Test
    void aStopAnswersWhatIsUnderWay() throws Exception {
        TestGateway gateway = start(Map.of(
                "PORTCULLIS_SERVER_UNIX_SOCKET_MODE", "600",
                "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "10s"));
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        try (SocketChannel channel = connect();
                Connection blocker = TestServers.connect(gateway.database());
                Statement statement = blocker.createStatement()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            String cold = gateway.client().key();
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE client_registry.client_keys IN ACCESS EXCLUSIVE MODE");
            send(channel, cold);
            await().atMost(Duration.ofSeconds(10)).until(() -> isWaiting(statement));

            Thread stop = new Thread(() -> {
                gateway.close();
                stopped.complete(null);
            });
            stop.start();
            await().atMost(Duration.ofSeconds(10)).until(() -> !accepts());
            assertThat(stopped).isNotDone();
            blocker.rollback();

            assertThat(answer(channel)).startsWith("HTTP/1.1 200");
        } finally {
            gateway.close();
            stopped.get(20, TimeUnit.SECONDS);
        }
        assertThat(entries()).isEmpty();
    }

    @Test
    void whatIsNoSocketIsLeftAlone() throws Exception {
        Files.writeString(socket, "somebody's");

        assertThatThrownBy(() -> start(Map.of()))
                .isInstanceOf(StartException.class)
                .hasMessage("server.unix-socket: " + socket + ": is there already, and no socket");

        assertThat(socket).hasContent("somebody's");
        assertThat(entries()).containsExactly(socket);
    }

    @Test
    void aPathThatCannotBeIsTold() {
        assertThatThrownBy(() -> start(Map.of("PORTCULLIS_SERVER_UNIX_SOCKET", "/nowhere/at/all.sock")))
                .isInstanceOf(StartException.class)
                .hasMessage("server.unix-socket: /nowhere/at/all.sock: its folder does not exist");
        Path tooLong = socket.resolveSibling("x".repeat(100));
        assertThatThrownBy(() -> start(Map.of("PORTCULLIS_SERVER_UNIX_SOCKET", tooLong.toString())))
                .isInstanceOf(StartException.class)
                .hasMessage("server.unix-socket: " + tooLong + ": too long a path for a socket");
    }

    /** RFC 9113 §3.1: neither by Upgrade nor by prior knowledge. */
    private static void theUpgradeToHttp2IsNotOfferedInTheClear(TestGateway gateway) throws Exception {
        String key = gateway.client().key();
        try (RawHttp connection = new RawHttp(gateway.port())) {
            connection.send(
                    "GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key
                            + "\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
            assertThat(connection.answer()).startsWith("HTTP/1.1 200");
        }
        try (RawHttp connection = new RawHttp(gateway.port())) {
            connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            // In text: a server that speaks it would answer with a frame.
            assertThat(connection.answer()).startsWith("HTTP/").doesNotContain(" 200 ");
        }
    }

    private TestGateway start(Map<String, String> settings) throws Exception {
        Map<String, String> environment = new HashMap<>();
        environment.put("PORTCULLIS_SERVER_UNIX_SOCKET", socket.toString());
        environment.putAll(settings);
        return TestGateway.start(environment);
    }

    /** As a process that was killed leaves it: a file with nobody behind it. */
    private void leaveDead() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(Files.exists(socket)).isTrue();
    }

    private Stream<Path> entries() throws IOException {
        try (Stream<Path> files = Files.list(socket.resolveSibling(""))) {
            return files.toList().stream();
        }
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    private boolean accepts() {
        try (SocketChannel channel = connect()) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static String ask(SocketChannel channel, String key) throws IOException {
        send(channel, key);
        return answer(channel);
    }

    private static void send(SocketChannel channel, String key) throws IOException {
        channel.write(ByteBuffer.wrap(("GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** What comes in one piece: answers are small. */
    private static String answer(SocketChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(8192);
        channel.read(buffer);
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1);
    }

    private static boolean isWaiting(Statement statement) throws Exception {
        try (var rows =
                statement.executeQuery("SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'portcullis'"
                        + " AND wait_event_type = 'Lock' AND datname = current_database()")) {
            return rows.next() && rows.getBoolean(1);
        }
    }
}
