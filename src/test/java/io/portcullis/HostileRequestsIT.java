package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.portcullis.testing.RawHttp;
import io.portcullis.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that two readers could take for two different things, as data: {@code src/test/resources/http/hostile}. */
class HostileRequestsIT {

    /** What the bytes travel by. */
    private enum Way {
        PLAIN {
            @Override
            Map<String, String> settings(Path folder) {
                return Map.of();
            }

            @Override
            Socket open(int port) throws IOException {
                return new Socket(InetAddress.getLoopbackAddress(), port);
            }
        },
        TLS {
            @Override
            Map<String, String> settings(Path folder) {
                TestAuthority.Pair server = AUTHORITY.server();
                return Map.of(
                        "PORTCULLIS_SERVER_TLS_CERTIFICATE",
                        server.certificateTo(folder.resolve("tls.crt")).toString(),
                        "PORTCULLIS_SERVER_TLS_KEY",
                        server.keyTo(folder.resolve("tls.key")).toString());
            }

            @Override
            Socket open(int port) throws Exception {
                return AUTHORITY.context(null).getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
            }
        };

        abstract Map<String, String> settings(Path folder);

        abstract Socket open(int port) throws Exception;
    }

    private enum Delivery {
        AT_ONCE,
        BYTE_BY_BYTE
    }

    private static final TestAuthority AUTHORITY = new TestAuthority("the test's authority");
    private static final Map<Way, TestGateway> GATEWAYS = new EnumMap<>(Way.class);
    private static final Map<Way, String> KEYS = new EnumMap<>(Way.class);

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        for (Way way : Way.values()) {
            Map<String, String> settings = new HashMap<>(way.settings(folder));
            settings.put("PORTCULLIS_SERVER_MAX_HEAD_SIZE", "4KB");
            settings.put("PORTCULLIS_SERVER_MAX_URI_SIZE", "1KB");
            TestGateway gateway = TestGateway.start(settings);
            GATEWAYS.put(way, gateway);
            KEYS.put(way, gateway.client().key());
        }
    }

    @AfterAll
    static void stop() {
        GATEWAYS.values().forEach(TestGateway::close);
    }

    static Stream<Arguments> conversations() throws IOException {
        List<HostileRequest> requests = HostileRequest.all();
        return Stream.of(Way.values())
                .flatMap(way -> Stream.of(Delivery.values())
                        .flatMap(delivery -> requests.stream().map(request -> arguments(way, delivery, request))));
    }

    @Test
    void thereAreEnoughOfThem() throws IOException {
        assertThat(HostileRequest.all()).hasSizeGreaterThanOrEqualTo(80).doesNotHaveDuplicates();
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("conversations")
    void isAnsweredOrClosed(Way way, Delivery delivery, HostileRequest request) throws Exception {
        TestGateway gateway = Objects.requireNonNull(GATEWAYS.get(way));
        String key = Objects.requireNonNull(KEYS.get(way));
        double allowed = gateway.metric("auth_requests_total{outcome=\"allowed\"}");

        try (Socket socket = way.open(gateway.port());
                RawHttp connection = new RawHttp(socket)) {
            socket.setTcpNoDelay(true);
            send(connection, request.bytes(key) + withKey(key, "next"), delivery);

            for (int status : request.statuses()) {
                String answer = connection.answer();
                assertThat(answer).matches("(?s)HTTP/1\\.[01] " + status + " .*");
                if (!request.staysOpen() && status != 200) {
                    assertThat(answer).contains("connection: close").contains("\"code\":65008");
                }
            }
            if (request.staysOpen()) {
                assertThat(connection.answer())
                        .as("the next request on the connection")
                        .startsWith("HTTP/1.1 200")
                        .containsIgnoringCase("x-request-id: next");
                allowed++;
            } else {
                assertThat(rest(connection)).as("behind the last answer").isEmpty();
            }
        }
        long good = request.statuses().stream().filter(status -> status == 200).count();
        assertThat(gateway.metric("auth_requests_total{outcome=\"allowed\"}"))
                .as("requests that were decided, answered or not")
                .isEqualTo(allowed + good);
    }

    private static String withKey(String key, String id) {
        return "GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\nX-Request-Id: " + id + "\r\n\r\n";
    }

    private static void send(RawHttp connection, String bytes, Delivery delivery) throws IOException {
        if (delivery == Delivery.AT_ONCE) {
            connection.send(bytes);
            return;
        }
        try {
            for (int i = 0; i < bytes.length(); i++) {
                connection.send(bytes.substring(i, i + 1));
            }
        } catch (SocketException | SSLException closed) {
            // Before all was sent: what was answered is looked at next.
            assertThat(closed).isNotNull();
        }
    }

    /** What comes until the connection ends; that it is reset, since we sent more than was read, is an end too. */
    private static String rest(RawHttp connection) throws IOException {
        StringBuilder rest = new StringBuilder();
        try {
            String answer = connection.answer();
            while (!answer.isEmpty()) {
                rest.append(answer);
                answer = connection.answer();
            }
        } catch (SocketException | SSLException reset) {
            assertThat(reset).isNotNull();
        }
        return rest.toString();
    }
}
