package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.RawHttp;
import io.portcullis.testing.TestAuthority;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The data plane over TLS, as callers and proxies meet it. */
class TlsIT {

    @TempDir
    static @Nullable Path folder;

    private static final TestAuthority AUTHORITY = new TestAuthority("the test's authority");

    private static @Nullable TestGateway started;
    private static @Nullable SSLContext trusting;

    @BeforeAll
    static void start() throws Exception {
        TestAuthority.Pair server = AUTHORITY.server();
        Path files = Objects.requireNonNull(folder);
        started = TestGateway.start(Map.of(
                "PORTCULLIS_SERVER_TLS_CERTIFICATE",
                server.certificateTo(files.resolve("tls.crt")).toString(),
                "PORTCULLIS_SERVER_TLS_KEY",
                server.keyTo(files.resolve("tls.key")).toString()));
        trusting = AUTHORITY.context(null);
    }

    @AfterAll
    static void stop() {
        gateway().close();
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aKeyIsAcceptedAndAWrongOneRefused(HttpClient.Version version) throws Exception {
        TestClient client = gateway().client();

        HttpResponse<String> allowed = get(version, "/auth", client.key());
        HttpResponse<String> refused = get(version, "/auth", "wrong");
        HttpResponse<String> lost = get(version, "/elsewhere", client.key());

        assertThat(allowed.version()).isEqualTo(version);
        assertThat(allowed.statusCode()).isEqualTo(200);
        assertThat(allowed.headers().firstValue("X-Client-Id")).contains(client.id());
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("\"code\":65001");
        assertThat(lost.statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.3, TLSv1.3", "TLSv1.2, TLSv1.2"})
    void todaysVersionsAreSpoken(String version, String spoken) throws Exception {
        try (SSLSocket socket = socket(version)) {
            socket.startHandshake();

            assertThat(socket.getSession().getProtocol()).isEqualTo(spoken);
        }
    }

    /** RFC 8996. By hand, since no Java says that it would speak them. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void oldVersionsAreNot(int minor) throws Exception {
        byte[] hello = HexFormat.of()
                .parseHex("1603010035" + "01000031" + "030" + minor + "00".repeat(32) + "00"
                        // ECDHE with ECDSA or RSA and AES in CBC mode with SHA-1: what those versions have.
                        + "0004c009c013" + "0100" + "0004" + "00170000");
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway().port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(hello);

            // Alert, fatal: handshake failure or protocol version (RFC 5246 §7.2).
            assertThat(HexFormat.of().formatHex(socket.getInputStream().readNBytes(7)))
                    .matches("1503..000202(28|46)");
        }
    }

    /** Neither RSA key exchange nor CBC: what was recorded today stays closed when the key gets known tomorrow. */
    @ParameterizedTest
    @ValueSource(strings = {"TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"})
    void weakSuitesAreNotSpoken(String suite) throws Exception {
        try (SSLSocket socket = socket("TLSv1.2")) {
            socket.setEnabledCipherSuites(new String[] {suite});

            assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"'h2,http/1.1', h2", "'http/1.1,h2', h2", "http/1.1, http/1.1"})
    void theProtocolIsAgreedOnByAlpn(String offered, String agreed) throws Exception {
        try (SSLSocket socket = TestAuthority.connect(trusting(), gateway().port(), offered.split(",", -1))) {
            assertThat(socket.getApplicationProtocol()).isEqualTo(agreed);
        }
    }

    @Test
    void whoOffersNoProtocolSpeaksHttp11() throws Exception {
        TestClient client = gateway().client();
        try (RawHttp connection =
                new RawHttp(TestAuthority.connect(trusting(), gateway().port()))) {
            connection.send("GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + client.key() + "\r\n\r\n");
            assertThat(connection.answer()).startsWith("HTTP/1.1 200");

            connection.send("POST /auth HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
            assertThat(connection.answer()).startsWith("HTTP/1.1 400");
            assertThat(connection.ended()).isTrue();
        }
    }

    @Test
    void plainHttpIsNotSpokenOnTheTlsPort() throws Exception {
        try (RawHttp connection = new RawHttp(gateway().port())) {
            connection.send("GET /auth HTTP/1.1\r\nHost: a\r\n\r\n");

            assertThat(connection.answer()).doesNotContain("HTTP/1.1");
        }
    }

    private static HttpResponse<String> get(HttpClient.Version version, String path, String key) throws Exception {
        HttpClient http =
                HttpClient.newBuilder().version(version).sslContext(trusting()).build();
        return http.send(
                HttpRequest.newBuilder(
                                URI.create("https://127.0.0.1:" + gateway().port() + path))
                        .timeout(Duration.ofSeconds(20))
                        .header("X-API-Key", key)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static SSLSocket socket(String version) throws Exception {
        SSLSocket socket = (SSLSocket) trusting()
                .getSocketFactory()
                .createSocket("127.0.0.1", gateway().port());
        socket.setSoTimeout(10_000);
        socket.setEnabledProtocols(new String[] {version});
        return socket;
    }

    private static TestGateway gateway() {
        return Objects.requireNonNull(started);
    }

    private static SSLContext trusting() {
        return Objects.requireNonNull(trusting);
    }
}
