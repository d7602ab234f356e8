package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.ingress.IngressVerticle;
import io.portcullis.ingress.OpenConnections;
import io.portcullis.ingress.RequestDecoderGuard;
import io.portcullis.testing.RawHttp;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where one request ends and the next begins: bytes on a socket, as nobody's HTTP client would send them. */
class FramingIT {

    /** A request that Vert.x takes for one with a body of 55 bytes, and what a caller would hide in that body. */
    private static final String HIDDEN = "GET /hidden HTTP/1.1\r\nHost: a\r\nX-API-Key: pk_test_none\r\n\r\n";

    private static @Nullable TestGateway started;
    private static String key = "";

    @BeforeAll
    static void start() throws Exception {
        started = TestGateway.start(
                Map.of("PORTCULLIS_SERVER_MAX_HEAD_SIZE", "4KB", "PORTCULLIS_SERVER_MAX_URI_SIZE", "1KB"));
        key = gateway().client().key();
        gateway().withKey(key);
    }

    @AfterAll
    static void stop() {
        gateway().close();
    }

    @Test
    void requestsOnOneConnectionAreAnsweredInTurn() throws Exception {
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send(request("X-API-Key: " + key) + request("X-API-Key: wrong") + request("X-API-Key: " + key));

            assertThat(connection.answer()).startsWith("HTTP/1.1 200");
            assertThat(connection.answer()).startsWith("HTTP/1.1 401");
            assertThat(connection.answer()).startsWith("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\n\r\nhello",
                "Content-Length: 5\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "Transfer-Encoding: identity\r\n\r\n",
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "content-length: 00\r\n\r\n"
            })
    void aBodyIsRefusedAndTheConnectionEnds(String rest) throws Exception {
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send("POST /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n" + rest);

            assertThat(connection.answer())
                    .startsWith("HTTP/1.1 400")
                    .contains("\"code\":65008")
                    .contains("connection: close");
            assertThat(connection.ended()).isTrue();
        }
    }

    @Test
    void anEmptyBodyIsNone() throws Exception {
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send("POST /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\nContent-Length: 0\r\n\r\n");

            assertThat(connection.answer()).startsWith("HTTP/1.1 200");
        }
    }

    /** CVE-2026-102479. */
    @ParameterizedTest
    @ValueSource(strings = {"Content-Xength", "content-xength", "Cxntent-Length", "Content_Length", "Content-Lengtx"})
    void aHeaderThatOnlyLooksLikeAFramingHeaderIsNone(String name) throws Exception {
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send(withHeader(name + ": " + HIDDEN.length()) + HIDDEN);

            assertThat(connection.answer()).startsWith("HTTP/1.1 200");
            assertThat(connection.answer())
                    .as("the hidden request is answered as one")
                    .startsWith("HTTP/1.1 404");
        }
    }

    /** The guard's absence: the same bytes through Vert.x as it comes. When this fails, Vert.x is mended and the guard can go. */
    @ParameterizedTest
    @CsvSource({"true, /auth /hidden", "false, /auth"})
    void withoutTheGuardTheHiddenRequestIsSwallowed(boolean guarded, String expected) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        Vertx vertx = Vertx.vertx();
        try {
            HttpServerOptions options = IngressVerticle.options(new IngressVerticle.Listener(
                    "127.0.0.1", 0, Duration.ofSeconds(5), Duration.ofSeconds(1), 8192, 4096));
            RequestDecoderGuard guard = new RequestDecoderGuard(
                    options, vertx, Duration.ofSeconds(5), new OpenConnections("data", 0, new SimpleMeterRegistry()));
            HttpServer server = vertx.createHttpServer(options)
                    .connectionHandler(connection -> {
                        if (guarded) {
                            guard.protect(connection);
                        }
                    })
                    .requestHandler(request -> {
                        seen.add(request.path());
                        request.end().onComplete(ended -> request.response().end());
                    })
                    .listen(0, "127.0.0.1")
                    .await(10, TimeUnit.SECONDS);
            try (RawHttp connection = new RawHttp(server.actualPort())) {
                connection.send(withHeader("Content-Xength: " + HIDDEN.length()) + HIDDEN);
                connection.answer();
                if (guarded) {
                    connection.answer();
                } else {
                    connection.send("GET /auth HTTP/1.1\r\nHost: a\r\n\r\n");
                    connection.answer();
                    seen.remove(seen.size() - 1);
                }
            }
            assertThat(String.join(" ", seen)).isEqualTo(expected);
        } finally {
            vertx.close().await(10, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NONSENSE\r\n\r\n",
                "GET /auth HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n",
                "GET /auth HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
                "\u0000\u0001\u0002\u0003\r\n\r\n"
            })
    void whatIsNoRequestEndsTheConnection(String bytes) throws Exception {
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send(bytes);

            // Netty takes what it cannot read for HTTP/1.0.
            assertThat(connection.answer()).containsPattern("^HTTP/1.[01] 400 ").contains("\"code\":65008");
            assertThat(connection.ended()).isTrue();
        }
    }

    @Test
    void aRequestHeadIsBounded() throws Exception {
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send("GET /auth?" + "x".repeat(2000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(connection.answer()).containsPattern("^HTTP/1.[01] 414 ");
            assertThat(connection.ended()).isTrue();
        }
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send("GET /auth HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(8000) + "\r\n\r\n");
            assertThat(connection.answer()).containsPattern("^HTTP/1.[01] 431 ");
            assertThat(connection.ended()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"})
    void noMethodIsAWayRound(String method) throws Exception {
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send(method + " /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: wrong\r\nConnection: close\r\n\r\n");

            assertThat(connection.answer()).startsWith("HTTP/1.1 401");
        }
    }

    @Test
    void aSilentConnectionIsClosedAndOthersGoOn() throws Exception {
        try (RawHttp silent = new RawHttp(gateway().port())) {
            silent.send("GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: ");

            assertThat(gateway().withKey(key).statusCode()).isEqualTo(200);
        }
    }

    private static TestGateway gateway() {
        return Objects.requireNonNull(started);
    }

    private static String request(String header) {
        return "GET /auth HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n";
    }

    private static String withHeader(String header) {
        return "GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n" + header + "\r\n\r\n";
    }
}
