package io.portcullis;

import static io.portcullis.testing.RawHttp2.DATA;
import static io.portcullis.testing.RawHttp2.END_HEADERS;
import static io.portcullis.testing.RawHttp2.END_STREAM;
import static io.portcullis.testing.RawHttp2.GOAWAY;
import static io.portcullis.testing.RawHttp2.HEADERS;
import static io.portcullis.testing.RawHttp2.RST_STREAM;
import static io.portcullis.testing.RawHttp2.SETTINGS;
import static io.portcullis.testing.RawHttp2.block;
import static io.portcullis.testing.RawHttp2.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http2.Http2Headers;
import io.portcullis.auth.ApiKey;
import io.portcullis.testing.RawHttp2;
import io.portcullis.testing.TestServers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests by HTTP/2, frame by frame: what is decided as ever, and what ends a stream without an end of the connection. */
class Http2IT {

    private static final int ENDS = END_HEADERS | END_STREAM;
    private static final int PROTOCOL_ERROR = 1;
    private static final int REFUSED_STREAM = 7;

    @TempDir
    static @Nullable Path folder;

    private static @Nullable TlsGateway started;
    private static String key = "";

    @BeforeAll
    static void start() throws Exception {
        started = TlsGateway.start(
                Objects.requireNonNull(folder),
                Map.of(
                        "PORTCULLIS_SERVER_MAX_HEAD_SIZE", "4KB",
                        "PORTCULLIS_SERVER_MAX_URI_SIZE", "1KB",
                        "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "10s"));
        key = gateway().gateway().client().key();
    }

    @AfterAll
    static void stop() {
        gateway().close();
    }

    @Test
    void theLimitsAreAnnounced() throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            Map<Integer, Integer> settings =
                    settings(Objects.requireNonNull(connection.next(SETTINGS)).payload());

            assertThat(settings).containsEntry(3, 100).containsEntry(6, 4096);
            // RFC 8441: no CONNECT for other protocols.
            assertThat(settings).doesNotContainEntry(8, 1);
        }
    }

    @Test
    void requestsOfOneConnectionAreDecidedEachByItself() throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            connection.send(HEADERS, ENDS, 1, get("x-api-key", key));
            Http2Headers allowed = connection.answer();
            connection.send(HEADERS, ENDS, 3, get("x-api-key", "wrong"));
            Http2Headers refused = connection.answer();

            assertThat(allowed.status()).hasToString("200");
            assertThat(allowed.get("x-client-id")).isNotNull();
            assertThat(allowed.get("connection")).isNull();
            assertThat(refused.status()).hasToString("401");
            assertThat(refused.get("www-authenticate")).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBodyIsRefusedThoughNoHeaderAnnouncesItAndTheConnectionGoesOn(boolean sent) throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            connection.send(HEADERS, END_HEADERS, 1, get("x-api-key", key));
            if (sent) {
                connection.send(DATA, END_STREAM, 1, (byte) 'x');
            }
            assertThat(connection.status()).isEqualTo(400);
            if (!sent) {
                RawHttp2.Frame reset = connection.next(RST_STREAM);
                assertThat(Objects.requireNonNull(reset).stream()).isEqualTo(1);
                assertThat(reset.error()).isZero();
            }

            connection.send(HEADERS, ENDS, 3, get("x-api-key", key));
            assertThat(connection.status()).isEqualTo(200);
        }
    }

    /** RFC 9113 §8.1.1: a length that is not kept. */
    @Test
    void aLengthWithoutItsBodyIsRefused() throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            connection.send(HEADERS, ENDS, 1, get("x-api-key", key, "content-length", "5"));
            assertThat(Objects.requireNonNull(connection.next(RST_STREAM)).error())
                    .isEqualTo(PROTOCOL_ERROR);

            connection.send(HEADERS, ENDS, 3, get("x-api-key", key));
            assertThat(connection.status()).isEqualTo(200);
        }
    }

    @Test
    void traceAndConnectAreRefused() throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            connection.send(
                    HEADERS,
                    ENDS,
                    1,
                    block(
                            ":method",
                            "TRACE",
                            ":scheme",
                            "https",
                            ":path",
                            "/auth",
                            ":authority",
                            "a",
                            "x-api-key",
                            key));
            assertThat(connection.status()).isEqualTo(501);

            connection.send(
                    HEADERS, END_HEADERS, 3, block(":method", "CONNECT", ":authority", "a:1", "x-api-key", key));
            assertThat(connection.status()).isEqualTo(501);

            connection.send(HEADERS, ENDS, 5, get("x-api-key", key));
            assertThat(connection.status()).isEqualTo(200);
        }
    }

    @Test
    void aRequestSaysItsHostOnce() throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            connection.send(HEADERS, ENDS, 1, block(":method", "GET", ":scheme", "https", ":path", "/auth"));
            assertThat(connection.status()).isEqualTo(400);

            connection.send(
                    HEADERS,
                    ENDS,
                    3,
                    block(":method", "GET", ":scheme", "https", ":path", "/auth", "host", "a", "x-api-key", key));
            assertThat(connection.status()).isEqualTo(200);

            connection.send(HEADERS, ENDS, 5, get("host", "b", "x-api-key", key));
            assertThat(Objects.requireNonNull(connection.next(RST_STREAM)).error())
                    .isEqualTo(PROTOCOL_ERROR);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connection", "transfer-encoding", "upgrade", "keep-alive", "X-Upper-Case"})
    void fieldsThatHttp2DoesNotHaveAreRefused(String name) throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            connection.send(HEADERS, ENDS, 1, get("x-api-key", key, name, "chunked"));
            assertThat(Objects.requireNonNull(connection.next(RST_STREAM)).error())
                    .isEqualTo(PROTOCOL_ERROR);

            connection.send(HEADERS, ENDS, 3, get("x-api-key", key));
            assertThat(connection.status()).isEqualTo(200);
        }
    }

    @Test
    void aHeadIsBounded() throws Exception {
        try (RawHttp2 connection = gateway().http2()) {
            connection.send(
                    HEADERS,
                    ENDS,
                    1,
                    block(
                            ":method",
                            "GET",
                            ":scheme",
                            "https",
                            ":authority",
                            "a",
                            ":path",
                            "/auth?" + "x".repeat(1024)));
            assertThat(connection.status()).isEqualTo(414);

            connection.send(HEADERS, ENDS, 3, get("x", "x".repeat(4096)));
            assertThat(connection.status()).isEqualTo(431);

            connection.send(HEADERS, ENDS, 5, get("x-api-key", key));
            assertThat(connection.status()).isEqualTo(200);
        }
    }

    @Test
    void streamsBeyondTheLimitAreRefusedAndTheOthersAnswered() throws Exception {
        try (RawHttp2 connection = gateway().http2();
                Connection blocker = TestServers.connect(gateway().gateway().database());
                Statement statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE client_registry.client_keys IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i <= 100; i++) {
                connection.send(
                        HEADERS, ENDS, 1 + 2 * i, get("x-api-key", ApiKey.generate("test", new SecureRandom())));
            }

            RawHttp2.Frame refused = Objects.requireNonNull(connection.next(RST_STREAM));
            assertThat(refused.stream()).isEqualTo(201);
            assertThat(refused.error()).isEqualTo(REFUSED_STREAM);

            blocker.rollback();
            for (int i = 0; i < 100; i++) {
                assertThat(connection.status()).isEqualTo(401);
            }
        }
    }

    @Test
    void aStopTellsThePeerAndAnswersWhatIsUnderWay(@TempDir Path files) throws Exception {
        Map<String, String> settings = new HashMap<>();
        settings.put("PORTCULLIS_SERVER_REQUEST_TIMEOUT", "10s");
        TlsGateway stopping = TlsGateway.start(files, settings);
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        try (RawHttp2 connection = stopping.http2();
                RawHttp2 idle = stopping.http2();
                Connection blocker = TestServers.connect(stopping.gateway().database());
                Statement statement = blocker.createStatement()) {
            String cold = stopping.gateway().client().key();
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE client_registry.client_keys IN ACCESS EXCLUSIVE MODE");
            connection.send(HEADERS, ENDS, 1, get("x-api-key", cold));
            await().atMost(Duration.ofSeconds(10)).until(() -> isWaiting(statement));

            Thread stop = new Thread(() -> {
                stopping.close();
                stopped.complete(null);
            });
            stop.start();
            assertThat(Objects.requireNonNull(connection.next(GOAWAY)).error()).isZero();
            assertThat(Objects.requireNonNull(idle.next(GOAWAY)).error()).isZero();
            assertThat(idle.ended()).isTrue();
            assertThat(stopped).isNotDone();
            blocker.rollback();

            assertThat(connection.status()).isEqualTo(200);
            assertThat(connection.ended()).isTrue();
        } finally {
            stopping.close();
            stopped.get(20, TimeUnit.SECONDS);
        }
    }

    private static boolean isWaiting(Statement statement) throws Exception {
        try (var rows =
                statement.executeQuery("SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'portcullis'"
                        + " AND wait_event_type = 'Lock' AND datname = current_database()")) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private static Map<Integer, Integer> settings(byte[] payload) {
        Map<Integer, Integer> settings = new HashMap<>();
        ByteBuffer buffer = ByteBuffer.wrap(payload);
        while (buffer.remaining() >= 6) {
            settings.put((int) buffer.getShort(), buffer.getInt());
        }
        return settings;
    }

    private static TlsGateway gateway() {
        return Objects.requireNonNull(started);
    }
}
