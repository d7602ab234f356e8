package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.ProxyProcess;
import io.portcullis.testing.RawHttp;
import io.portcullis.testing.RecordingUpstream;
import io.portcullis.testing.RecordingUpstream.Received;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a caller sees, and what an upstream gets, whatever proxy stands in front: each has a test class of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FrontEndContract {

    private static final List<String> IDENTITY = List.of(
            "X-Client-Id",
            "X-Client-Code",
            "X-Tenant-Id",
            "X-User-Id",
            "X-Key-Id",
            "X-Scopes",
            "X-Bap-Id",
            "X-Bap-Uri",
            "X-Auth-Stale",
            "X-Request-Id");

    private @Nullable TestGateway gateway;
    private @Nullable RecordingUpstream upstream;
    private @Nullable ProxyProcess proxy;

    /** The proxy that is tested. */
    abstract FrontEnd frontEnd();

    @BeforeAll
    void start() throws Exception {
        FrontEnd frontEnd = frontEnd();
        upstream = new RecordingUpstream();
        gateway = TestGateway.start(Map.of("PORTCULLIS_AUTH_TRUSTED_PROXIES", "127.0.0.1"));
        proxy = frontEnd.start(gateway.port(), upstream.port());
    }

    @AfterAll
    void stop() throws Exception {
        for (AutoCloseable part : new AutoCloseable[] {proxy, gateway, upstream}) {
            if (part != null) {
                part.close();
            }
        }
    }

    @Test
    void whoCallsReachesTheUpstreamAndHisKeyDoesNot() throws Exception {
        TestClient client = gateway().client();
        gateway()
                .sql("UPDATE client_registry.clients SET tenant_id = 'acme', owner_user_id = 'u-1', bap_id = 'bap',"
                        + " bap_uri = 'https://bap.example', scopes = '{read,write}' WHERE client_id = '" + client.id()
                        + "'");

        String answer = get("/some/path?q=1", "X-API-Key: " + client.key(), "X-Request-Id: trace-1");

        assertThat(answer).startsWith("HTTP/1.1 200").contains("caller=" + client.id());
        Received received = received();
        assertThat(received.uri()).isEqualTo("/some/path?q=1");
        assertThat(received.header("X-Client-Code")).isEqualTo("code");
        assertThat(received.header("X-Tenant-Id")).isEqualTo("acme");
        assertThat(received.header("X-User-Id")).isEqualTo("u-1");
        assertThat(received.header("X-Key-Id")).isNotNull();
        assertThat(received.header("X-Scopes")).isEqualTo("read write");
        assertThat(received.header("X-Bap-Id")).isEqualTo("bap");
        assertThat(received.header("X-Bap-Uri")).isEqualTo("https://bap.example");
        assertThat(received.header("X-Request-Id")).isEqualTo("trace-1");
        assertThat(received.header("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(received.header("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(received.headers().toString()).contains(client.id()).doesNotContain(client.key());
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-API-Key: ", "Authorization: ApiKey ", "Authorization: Bearer ", "x-api-key: "})
    void noFormOfCredentialGoesOn(String header) throws Exception {
        TestClient client = gateway().client();

        assertThat(get("/", header + client.key())).startsWith("HTTP/1.1 200");

        assertThat(received().headers().toString()).contains(client.id()).doesNotContain(client.key());
    }

    @Test
    void theEndUsersOwnTokenGoesOn() throws Exception {
        assertThat(get("/", "X-API-Key: " + gateway().client().key(), "Authorization: Bearer eyJ.his.own"))
                .startsWith("HTTP/1.1 200");

        assertThat(received().header("Authorization")).isEqualTo("Bearer eyJ.his.own");
    }

    @Test
    void aBodyGoesToTheUpstreamAndNotToTheGateway() throws Exception {
        String answer = send("POST /form HTTP/1.1\r\nHost: a\r\nX-API-Key: "
                + gateway().client().key() + "\r\nContent-Length: 5\r\n\r\nhello");

        assertThat(answer).startsWith("HTTP/1.1 200");
        assertThat(received().body()).isEqualTo("hello");
    }

    @Test
    void whoIsLimitedIsToldWhenToComeAgain() throws Exception {
        TestClient client = gateway().client();
        gateway().sql("UPDATE client_registry.clients SET rate_limit = 1 WHERE client_id = '" + client.id() + "'");
        assertThat(get("/", "X-API-Key: " + client.key())).startsWith("HTTP/1.1 200");

        String answer = get("/", "X-API-Key: " + client.key());

        refused(answer, 429, 65010);
        assertThat(answer).containsPattern("(?im)^retry-after: [1-6][0-9]?\\r?$");
        assertThat(answer).containsPattern("(?im)^ratelimit: \"client\";r=0;t=[1-6][0-9]?\\r?$");
        assertThat(answer).containsPattern("(?im)^ratelimit-policy: \"client\";q=1;w=60\\r?$");
    }

    @Test
    void aWrongKeyIs401() throws Exception {
        String answer = get("/", "X-API-Key: pk_test_wrong");

        refused(answer, 401, 65001);
        assertThat(Pattern.compile("(?im)^www-authenticate: ").matcher(answer).results())
                .hasSize(1);
    }

    @Test
    void noKeyIs401() throws Exception {
        refused(get("/"), 401, 65002);
    }

    @Test
    void twoCredentialsAre400() throws Exception {
        refused(
                get(
                        "/",
                        "X-API-Key: " + gateway().client().key(),
                        "Authorization: ApiKey " + gateway().client().key()),
                400,
                65003);
    }

    @Test
    void aSuspendedClientIs403() throws Exception {
        refused(get("/", "X-API-Key: " + gateway().client("SUSPENDED").key()), 403, 65004);
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.2/32, 200", "203.0.113.0/24, 403"})
    void theCallersAddressIsTheOneThatTheProxySawWhateverHeClaims(String allowed, int status) throws Exception {
        TestClient client = gateway().client();
        gateway()
                .sql("UPDATE client_registry.clients SET allowed_ips = '{" + allowed + "}' WHERE client_id = '"
                        + client.id() + "'");
        InetAddress elsewhere = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
        assumeTrue(isOurs(elsewhere), "this system has one loopback address only");

        try (RawHttp caller = RawHttp.from(elsewhere, proxy().port())) {
            String answer = caller.send(request(
                            "/",
                            "X-API-Key: " + client.key(),
                            "X-Forwarded-For: 203.0.113.9",
                            "Forwarded: for=203.0.113.9",
                            "X-Real-IP: 203.0.113.9"))
                    .answer();

            assertThat(answer).startsWith("HTTP/1.1 " + status);
        }
        if (status == 200) {
            assertThat(received().header("X-Forwarded-For")).endsWith("127.0.0.2");
        }
    }

    @Test
    void aKeyInTheQueryIs400() throws Exception {
        String key = gateway().client().key();

        refused(get("/things?key=" + key, "X-API-Key: " + key), 400, 65008);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 404, 429, 500, 503})
    void whatTheUpstreamAnswersItselfStaysAsItIs(int status) throws Exception {
        String answer = get("/own/" + status, "X-API-Key: " + gateway().client().key());

        assertThat(answer).startsWith("HTTP/1.1 " + status).endsWith("the upstream's own " + status);
        assertThat(answer.toLowerCase(Locale.ROOT)).contains("x-upstream: yes").doesNotContain("problem+json");
        assertThat(upstream().take()).hasSize(1);
    }

    @Test
    void nobodyNamesHimself() throws Exception {
        StringBuilder forged = new StringBuilder();
        for (String name : IDENTITY) {
            for (String variant : new LinkedHashSet<>(List.of(
                    name,
                    name.toUpperCase(Locale.ROOT),
                    name.toLowerCase(Locale.ROOT),
                    name.replace('-', '_'),
                    name.replace('-', '.'),
                    name.replaceFirst("-", "_"),
                    name.replaceFirst("-", ".")))) {
                forged.append(variant).append(": forged value\r\n");
            }
        }
        TestClient client = gateway().client();

        String answer =
                send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ApiKey " + client.key() + "\r\n" + forged + "\r\n");

        assertThat(answer).startsWith("HTTP/1.1 200").contains("caller=" + client.id());
        assertThat(received().headers().toString()).contains(client.id()).doesNotContain("forged");
    }

    /** Beside X-API-Key it is half of a credential. */
    @Test
    void anIdThatIsNotTheKeysIsRefused() throws Exception {
        TestClient client = gateway().client();
        String other = gateway().client().id();

        refused(send(request("/", "X-API-Key: " + client.key() + "\r\nX-Client-Id: " + other)), 401, 65001);
        assertThat(send(request("/", "X-API-Key: " + client.key() + "\r\nX-Client-Id: " + client.id())))
                .startsWith("HTTP/1.1 200")
                .contains("caller=" + client.id());
    }

    /** Named in Connection, a header is dropped by some proxies after it was set (RFC 9110 §7.6.1): then the upstream sees nobody. */
    @Test
    void connectionDoesNotTakeTheIdentityAway() throws Exception {
        TestClient client = gateway().client();

        String answer =
                send("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Client-Id\r\nAuthorization: ApiKey "
                        + client.key() + "\r\nX-Client-Id: forged\r\n\r\n");

        assertThat(answer).contains("caller=" + client.id());
    }

    @Test
    void outcomesFollowEachOtherOnOneConnection() throws Exception {
        String good = gateway().client().key();
        String suspended = gateway().client("SUSPENDED").key();
        try (RawHttp caller = new RawHttp(proxy().port())) {
            for (int i = 0; i < 20; i++) {
                assertThat(caller.send(request("/a", "X-API-Key: " + good)).answer())
                        .startsWith("HTTP/1.1 200");
                refused(caller.send(request("/b", "X-API-Key: wrong")).answer(), 401, 65001);
                assertThat(caller.send(request("/own/403", "X-API-Key: " + good))
                                .answer())
                        .endsWith("the upstream's own 403");
                refused(caller.send(request("/c", "X-API-Key: " + suspended)).answer(), 403, 65004);
            }
        }
        assertThat(upstream().take()).hasSize(40);
    }

    private static boolean isOurs(InetAddress address) {
        try (ServerSocket socket = new ServerSocket(0, 1, address)) {
            return socket.isBound();
        } catch (IOException not) {
            return false;
        }
    }

    final TestGateway gateway() {
        return Objects.requireNonNull(gateway);
    }

    final RecordingUpstream upstream() {
        return Objects.requireNonNull(upstream);
    }

    final ProxyProcess proxy() {
        return Objects.requireNonNull(proxy);
    }

    final String get(String uri, String... headers) throws Exception {
        return send(request(uri, headers));
    }

    private String send(String bytes) throws Exception {
        upstream().take();
        try (RawHttp caller = new RawHttp(proxy().port())) {
            return caller.send(bytes).answer();
        }
    }

    static String request(String uri, String... headers) {
        StringBuilder request = new StringBuilder("GET ").append(uri).append(" HTTP/1.1\r\nHost: api.example\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        return request.append("\r\n").toString();
    }

    private Received received() {
        List<Received> all = upstream().take();
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    /** The caller gets the gateway's document with its status, nobody stores it, and the upstream was not asked. */
    final void refused(String answer, int status, int code) {
        assertThat(answer).startsWith("HTTP/1.1 " + status);
        assertThat(answer.toLowerCase(Locale.ROOT))
                .contains("content-type: application/problem+json")
                .contains("cache-control: no-store")
                .doesNotContain("x-upstream");
        JsonObject problem = new JsonObject(answer.substring(answer.indexOf("\r\n\r\n") + 4));
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(problem.getInteger("code")).isEqualTo(code);
    }
}
