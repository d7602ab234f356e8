package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.RawHttp;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The gateway asked in the words of front ends that are not on this machine, and by peers that are trusted or not. */
class FrontEndDialectsIT {

    private static @Nullable TestGateway trusting;
    private static @Nullable TestGateway wary;
    private static @Nullable TestGateway modern;

    @BeforeAll
    static void start() throws Exception {
        trusting = TestGateway.start(Map.of("PORTCULLIS_AUTH_TRUSTED_PROXIES", "127.0.0.1"));
        wary = TestGateway.start(Map.of());
        modern = TestGateway.start(Map.of(
                "PORTCULLIS_AUTH_TRUSTED_PROXIES", "127.0.0.1", "PORTCULLIS_AUTH_FORWARDED_HEADER", "forwarded"));
    }

    @AfterAll
    static void stop() {
        of(trusting).close();
        of(wary).close();
        of(modern).close();
    }

    /** The head that Traefik's forwardAuth sends: GET, and what the caller asked for in X-Forwarded-*. */
    @Test
    void traefik() throws Exception {
        TestClient client = of(trusting).client();

        String answer = ask(
                of(trusting),
                "GET /auth/traefik HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/8\r\n"
                        + "X-Api-Key: " + client.key()
                        + "\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: api.example\r\n"
                        + "X-Forwarded-Method: POST\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\n"
                        + "X-Forwarded-Server: edge\r\nX-Forwarded-Uri: /v1/things?a=b\r\nX-Real-Ip: 203.0.113.9\r\n"
                        + "Accept-Encoding: gzip\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 200")
                .contains("X-Client-Id: " + client.id() + "\r\n", "X-Tenant-Id: \r\n");
    }

    /** Envoy asks with the caller's method and path, and an empty body whatever the caller's was. */
    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"})
    void envoy(String method) throws Exception {
        TestClient client = of(trusting).client();

        String answer = ask(
                of(trusting),
                method + " /auth/envoy/v1/things?a=b HTTP/1.1\r\nhost: api.example\r\ncontent-length: 0\r\nx-api-key: "
                        + client.key() + "\r\nx-request-id: 11-22\r\nx-forwarded-for: 203.0.113.9\r\n"
                        + "x-forwarded-proto: https\r\nx-envoy-internal: true\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 200")
                .contains("X-Client-Id: " + client.id(), "x-envoy-auth-headers-to-remove: x-api-key,");
    }

    @Test
    void envoyGetsRefusalsAsTheyAre() throws Exception {
        assertThat(ask(
                        of(trusting),
                        "POST /auth/envoy/ HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\nx-api-key: x\r\n\r\n"))
                .startsWith("HTTP/1.1 401")
                .contains("\"code\":65001");
    }

    @ParameterizedTest
    @CsvSource({
        "/auth, X-Forwarded-Uri",
        "/auth, X-Original-URI",
        "/auth/nginx, X-Original-URI",
        "/auth/traefik, X-Forwarded-Uri"
    })
    void aKeyInTheOriginalQueryIsRefusedWhereThePeerIsBelieved(String path, String header) throws Exception {
        for (TestGateway gateway : new TestGateway[] {of(trusting), of(wary)}) {
            String key = gateway.client().key();

            String answer = ask(
                    gateway,
                    "GET " + path + " HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n" + header + ": /v1?a=b&k=" + key
                            + "\r\n\r\n");

            if (gateway == trusting) {
                assertThat(answer).startsWith(path.equals("/auth/nginx") ? "HTTP/1.1 403" : "HTTP/1.1 400");
                assertThat(answer)
                        .contains("\"code\":65008", "in the query string")
                        .doesNotContain(key);
            } else {
                assertThat(answer).startsWith("HTTP/1.1 200");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/auth?k=", "/auth/nginx?k=", "/auth/traefik?k=", "/auth/envoy/v1?a=b&k="})
    void aKeyInTheOwnQueryIsRefusedWhoeverAsks(String path) throws Exception {
        String key = of(wary).client().key();

        assertThat(ask(of(wary), "GET " + path + key + " HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n\r\n"))
                .contains("\"code\":65008")
                .doesNotContain("X-Client-Id");
    }

    @Test
    void onlyTheConfiguredHeaderNamesTheCaller() throws Exception {
        assertThat(allowedFrom(of(modern), "Forwarded: for=203.0.113.9")).isEqualTo(200);
        assertThat(allowedFrom(of(modern), "Forwarded: for=\"[2001:db8::1]\", for=203.0.113.9:80"))
                .isEqualTo(200);
        assertThat(allowedFrom(of(modern), "X-Forwarded-For: 203.0.113.9")).isEqualTo(403);
        assertThat(allowedFrom(of(modern), "Forwarded: for=198.51.100.1\r\nX-Forwarded-For: 203.0.113.9"))
                .isEqualTo(403);
        assertThat(allowedFrom(of(modern), "Forwarded: for=unknown")).isEqualTo(403);
        assertThat(allowedFrom(of(trusting), "X-Forwarded-For: 203.0.113.9:4711"))
                .isEqualTo(200);
        assertThat(allowedFrom(of(trusting), "Forwarded: for=203.0.113.9")).isEqualTo(403);
        assertThat(allowedFrom(of(wary), "X-Forwarded-For: 203.0.113.9")).isEqualTo(403);
    }

    @Test
    void theDebugLogTellsTheOriginalRequestAndNoSecret() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger("io.portcullis.ingress.RequestLog");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        Level before = logger.getLevel();
        logger.setLevel(Level.DEBUG);
        String key = of(trusting).client().key();
        try {
            String original = String.join(
                    "\r\n",
                    "X-Original-Method: PUT",
                    "X-Original-URI: /v1/a\"b?token=hidden",
                    "X-Forwarded-Host: api",
                    "X-Forwarded-Proto: https",
                    "X-Forwarded-For: 203.0.113.9",
                    "");
            String head = " HTTP/1.1\r\nHost: a\r\nX-API-Key: ";
            ask(of(trusting), "GET /auth/nginx" + head + key + "\r\n" + original + "\r\n");
            ask(of(trusting), "GET /auth/envoy/" + key + "/x" + head + "wrong\r\n" + original + "\r\n");
            ask(of(wary), "GET /auth/nginx" + head + "wrong\r\n" + original + "\r\n");
        } finally {
            logger.setLevel(before);
            logger.detachAppender(lines);
        }

        assertThat(lines.list).hasSize(3);
        assertThat(lines.list.get(0).getFormattedMessage())
                .contains("outcome=allowed method=PUT path=\"/v1/a?b\" host=\"api\" scheme=https address=203.0.113.9");
        assertThat(lines.list.get(1).getFormattedMessage())
                .contains("outcome=invalid_credentials method=GET path=\"***\"");
        assertThat(lines.list.get(2).getFormattedMessage())
                .as("a peer that is not believed")
                .contains("method=GET path=\"/auth/nginx\" host=\"-\" scheme=- address=127.0.0.1");
        assertThat(lines.list.toString()).doesNotContain(key, "hidden");
    }

    private static int allowedFrom(TestGateway gateway, String headers) throws Exception {
        TestClient client = gateway.client();
        gateway.sql("UPDATE client_registry.clients SET allowed_ips = '{203.0.113.0/24}' WHERE client_id = '"
                + client.id() + "'");
        String answer = ask(
                gateway, "GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + client.key() + "\r\n" + headers + "\r\n\r\n");
        return Integer.parseInt(answer.substring(9, 12));
    }

    private static String ask(TestGateway gateway, String bytes) throws Exception {
        try (RawHttp connection = new RawHttp(gateway.port())) {
            return connection.send(bytes).answer();
        }
    }

    private static TestGateway of(@Nullable TestGateway gateway) {
        return Objects.requireNonNull(gateway);
    }
}
