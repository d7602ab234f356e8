package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.RawHttp;
import io.portcullis.testing.RawHttp2;
import io.portcullis.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that prove themselves by the certificate of their connection. */
class MutualTlsIT {

    private static final TestAuthority CLIENTS = new TestAuthority("the clients' authority");

    @TempDir
    static @Nullable Path folder;

    private static @Nullable TlsGateway started;

    @BeforeAll
    static void start() throws Exception {
        started = start(Objects.requireNonNull(folder), "request", "fingerprint");
    }

    @AfterAll
    static void stop() {
        gateway().close();
    }

    @Test
    void aCertificateThatWasGivenToAClientLetsItIn(@TempDir Path files) throws Exception {
        String id = gateway().gateway().client().id();
        TestAuthority.Pair certificate = CLIENTS.client("a");
        register(gateway(), id, certificate, files);

        try (RawHttp connection = connect(gateway(), certificate);
                RawHttp2 http2 = new RawHttp2(TestAuthority.connect(
                        gateway().authority().context(certificate), gateway().port(), "h2"))) {
            assertThat(ask(connection)).startsWith("HTTP/1.1 200").contains("X-Client-Id: " + id);
            assertThat(ask(connection)).startsWith("HTTP/1.1 200");
            http2.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1, RawHttp2.get());
            assertThat(http2.status()).isEqualTo(200);
        }
    }

    @Test
    void aCertificateThatNobodyHasIsRefused() throws Exception {
        try (RawHttp connection = connect(gateway(), CLIENTS.client("unknown"))) {
            assertThat(ask(connection)).startsWith("HTTP/1.1 401").contains("\"code\":65001");
        }
    }

    @Test
    void withoutACertificateAKeyIsAsked() throws Exception {
        String key = gateway().gateway().client().key();
        try (RawHttp connection = connect(gateway(), null)) {
            assertThat(ask(connection)).startsWith("HTTP/1.1 401").contains("\"code\":65002");
            assertThat(ask(connection, "X-API-Key: " + key)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aCertificateAndAKeyAtOnceAreAmbiguousEvenOfOneClient(@TempDir Path files) throws Exception {
        TestGateway.TestClient client = gateway().gateway().client();
        TestAuthority.Pair certificate = CLIENTS.client("a");
        register(gateway(), client.id(), certificate, files);

        try (RawHttp connection = connect(gateway(), certificate)) {
            assertThat(ask(connection, "X-API-Key: " + client.key()))
                    .startsWith("HTTP/1.1 400")
                    .contains("\"code\":65003");
            assertThat(ask(connection, "Authorization: Bearer of.the.user")).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aRevocationHoldsOnTheConnectionThatIsOpen(@TempDir Path files) throws Exception {
        String id = gateway().gateway().client().id();
        TestAuthority.Pair certificate = CLIENTS.client("a");
        register(gateway(), id, certificate, files);

        try (RawHttp connection = connect(gateway(), certificate)) {
            assertThat(ask(connection)).startsWith("HTTP/1.1 200");

            gateway()
                    .gateway()
                    .sql("UPDATE client_registry.client_keys SET status = 'REVOKED' WHERE client_id = '" + id
                            + "' AND prefix LIKE 'x509-%'");

            await().atMost(Duration.ofSeconds(10)).until(() -> ask(connection).startsWith("HTTP/1.1 401"));
        }
    }

    /** What is replaced is the server's pair: whom it asks for certificates, whom it believes and what it speaks stay as they were. */
    @Test
    void aReplacedServerCertificateAsksForClientsAsBefore(@TempDir Path files) throws Exception {
        try (TlsGateway own = start(files, "required", "fingerprint")) {
            TestAuthority.Pair certificate = CLIENTS.client("a");
            register(own, own.gateway().client().id(), certificate, files);
            TestAuthority.Pair next = own.authority().server();
            next.keyTo(files.resolve("tls.key"));
            next.certificateTo(files.resolve("tls.crt"));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> own.gateway().metric("tls_reloads_total{result=\"applied\"}") == 1);

            try (RawHttp connection = connect(own, certificate)) {
                assertThat(ask(connection)).startsWith("HTTP/1.1 200");
            }
            try (SSLSocket socket = TestAuthority.connect(own.authority().context(certificate), own.port(), "h2")) {
                assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
            }
            assertThat(isServedWith(own, null)).isFalse();
            assertThat(isServedWith(own, new TestAuthority("somebody else's").client("a")))
                    .isFalse();
        }
    }

    private static boolean isServedWith(TlsGateway gateway, TestAuthority.@Nullable Pair certificate) throws Exception {
        // By TLS 1.3 a client hears that it is refused when it reads for the first time.
        try (RawHttp connection = connect(gateway, certificate)) {
            return ask(connection).startsWith("HTTP/1.1");
        } catch (IOException refused) {
            return false;
        }
    }

    @Test
    void aConnectionOutlivesItsCertificateAndIsRefusedThen(@TempDir Path files) throws Exception {
        TestAuthority.Pair certificate = CLIENTS.client("a", Duration.ofSeconds(6));
        try (RawHttp connection = connect(gateway(), certificate)) {
            register(gateway(), gateway().gateway().client().id(), certificate, files);
            // By its row the key does not end: it is the certificate that does.
            gateway()
                    .gateway()
                    .sql("UPDATE client_registry.client_keys SET expires_at = NULL WHERE prefix LIKE 'x509-%'");
            await().atMost(Duration.ofSeconds(5)).until(() -> ask(connection).startsWith("HTTP/1.1 200"));

            await().atMost(Duration.ofSeconds(15)).until(() -> ask(connection).startsWith("HTTP/1.1 401"));
        }
    }

    @Test
    void aCertificateOfAnotherAuthorityEndsTheHandshake() {
        TestAuthority.Pair forged = new TestAuthority("the clients' authority").client("a");

        assertThatThrownBy(() -> {
                    try (RawHttp connection = connect(gateway(), forged)) {
                        // TLS 1.3 tells a client of its failure only when it reads.
                        if (ask(connection).isEmpty()) {
                            throw new IOException("ended");
                        }
                    }
                })
                .isInstanceOf(IOException.class);
    }

    /** The name of a certificate is no secret. */
    @Test
    void whatACertificateIsCalledProvesNothing(@TempDir Path files) throws Exception {
        String id = gateway().gateway().client().id();
        String name = register(gateway(), id, CLIENTS.client("a"), files);

        try (RawHttp connection = connect(gateway(), null)) {
            assertThat(ask(connection, "X-API-Key: " + name)).startsWith("HTTP/1.1 401");
            assertThat(ask(connection, "Authorization: ApiKey " + name)).startsWith("HTTP/1.1 401");
            assertThat(ask(connection, "X-Client-Cert: " + name + "\r\nX-Forwarded-Client-Cert: " + name))
                    .startsWith("HTTP/1.1 401")
                    .contains("\"code\":65002");
        }
    }

    @Test
    void aNameInTheCertificateHoldsForTheRenewedOne(@TempDir Path files) throws Exception {
        try (TlsGateway bySan = start(files, "required", "san")) {
            String id = bySan.gateway().client().id();
            TestAuthority.Pair first = CLIENTS.client("a", TestAuthority.uri("spiffe://acme/billing"));
            TestAuthority.Pair renewed = CLIENTS.client("a", TestAuthority.uri("spiffe://acme/billing"));
            TestAuthority.Pair other = CLIENTS.client("a", TestAuthority.uri("spiffe://acme/other"));
            assertThat(register(bySan, id, first, files)).isEqualTo("x509-san:uri:spiffe://acme/billing");

            try (RawHttp connection = connect(bySan, renewed);
                    RawHttp unknown = connect(bySan, other);
                    RawHttp nameless = connect(bySan, CLIENTS.client("a"))) {
                assertThat(ask(connection)).startsWith("HTTP/1.1 200").contains(id);
                assertThat(ask(unknown)).startsWith("HTTP/1.1 401");
                assertThat(ask(nameless)).startsWith("HTTP/1.1 401").contains("\"code\":65001");
            }
            assertThatThrownBy(() -> {
                        try (RawHttp connection = connect(bySan, null)) {
                            if (ask(connection).isEmpty()) {
                                throw new IOException("ended");
                            }
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    /** Registers it by the command line; its name. */
    private static String register(TlsGateway gateway, String id, TestAuthority.Pair certificate, Path files) {
        CommandRun run = new CommandRun.Place(gateway.environment())
                .run(
                        "key",
                        "certificate",
                        "--client",
                        id,
                        "--wait",
                        "--json",
                        certificate.certificateTo(files.resolve("client.crt")).toString());

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.object().getLong("seq")).isPositive();
        assertThat(run.object().getString("client_id")).isEqualTo(id);
        return run.object().getString("certificate");
    }

    private static TlsGateway start(Path files, String clientAuth, String identity) throws Exception {
        return TlsGateway.start(
                files,
                Map.of(
                        "PORTCULLIS_SERVER_TLS_CLIENT_CA",
                        CLIENTS.certificateTo(files.resolve("clients.crt")).toString(),
                        "PORTCULLIS_SERVER_TLS_CLIENT_AUTH",
                        clientAuth,
                        "PORTCULLIS_SERVER_TLS_CLIENT_IDENTITY",
                        identity));
    }

    private static RawHttp connect(TlsGateway gateway, TestAuthority.@Nullable Pair certificate) throws Exception {
        return new RawHttp(TestAuthority.connect(gateway.authority().context(certificate), gateway.port()));
    }

    private static String ask(RawHttp connection, String... headers) throws IOException {
        return connection
                .send("GET /auth HTTP/1.1\r\nHost: a\r\n" + String.join("", headers)
                        + (headers.length == 0 ? "" : "\r\n") + "\r\n")
                .answer();
    }

    private static TlsGateway gateway() {
        return Objects.requireNonNull(started);
    }
}
