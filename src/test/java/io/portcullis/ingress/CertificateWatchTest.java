package io.portcullis.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.testing.RawHttp;
import io.portcullis.testing.TestAuthority;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that change under a server that serves. */
class CertificateWatchTest {

    private static final TestAuthority AUTHORITY = new TestAuthority("the test's authority");

    private final Vertx vertx = Vertx.vertx();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final TestAuthority.Pair first = AUTHORITY.server();
    private final TestAuthority.Pair second = AUTHORITY.server("RSA", Duration.ofDays(90));
    private final Path certificate;
    private final Path key;
    private final ServerTls tls;
    private final HttpServer server;

    CertificateWatchTest(@TempDir Path folder) throws Exception {
        certificate = first.certificateTo(folder.resolve("tls.crt"));
        key = first.keyTo(folder.resolve("tls.key"));
        tls = ServerTls.load(new TlsFiles(certificate, key, null), ClientAuth.NONE, vertx);
        HttpServerOptions options = new HttpServerOptions();
        tls.secure(options, 16384);
        server = vertx.createHttpServer(options)
                .requestHandler(request -> request.response().end("x"));
    }

    @BeforeEach
    void start() throws Exception {
        tls.serve(server.listen(0, "127.0.0.1").await(10, TimeUnit.SECONDS));
        vertx.deployVerticle(new CertificateWatch(tls, Duration.ofMillis(20), metrics, Clock.systemUTC()))
                .await(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @Test
    void aNewPairServesNewConnectionsAndOpenOnesGoOn() throws Exception {
        try (RawHttp open = new RawHttp(connect())) {
            assertThat(request(open)).startsWith("HTTP/1.1 200");
            second.keyTo(key);
            second.certificateTo(certificate);

            await().atMost(Duration.ofSeconds(10)).until(() -> served().equals(second.certificate()));

            assertThat(request(open)).startsWith("HTTP/1.1 200");
            assertThat(metrics.get("tls_reloads")
                            .tag("result", "applied")
                            .counter()
                            .count())
                    .isEqualTo(1);
            assertThat(tls.expires())
                    .isEqualTo(second.certificate().getNotAfter().toInstant());
            assertThat(metrics.get("tls_certificate_expiry").gauge().value())
                    .isBetween((double) Duration.ofDays(89).toSeconds(), (double)
                            Duration.ofDays(91).toSeconds());
        }
    }

    @Test
    void aPairThatDoesNotBelongTogetherKeepsTheLastGoodOneAndIsToldOnce() throws Exception {
        AUTHORITY.server().certificateTo(certificate);

        await().atMost(Duration.ofSeconds(10)).until(() -> tls.fault() != null);
        await().during(Duration.ofMillis(200)).atMost(Duration.ofSeconds(10)).until(() -> refused() == 1);

        assertThat(tls.fault()).isEqualTo(key + ": not the key of the certificate in " + certificate);
        assertThat(served()).isEqualTo(first.certificate());
    }

    @Test
    void filesThatAreGoneKeepTheLastGoodPairUntilTheyAreBack() throws Exception {
        Files.delete(certificate);
        await().atMost(Duration.ofSeconds(10)).until(() -> tls.fault() != null);
        assertThat(served()).isEqualTo(first.certificate());

        first.certificateTo(certificate);

        await().atMost(Duration.ofSeconds(10)).until(() -> tls.fault() == null);
        assertThat(served()).isEqualTo(first.certificate());
    }

    @Test
    void afterBrokenFilesTheNextGoodPairIsUsed() throws Exception {
        Files.writeString(key, "nonsense");
        await().atMost(Duration.ofSeconds(10)).until(() -> tls.fault() != null);

        second.certificateTo(certificate);
        second.keyTo(key);

        await().atMost(Duration.ofSeconds(10)).until(() -> served().equals(second.certificate()));
        await().atMost(Duration.ofSeconds(10)).until(() -> tls.fault() == null);
    }

    private double refused() {
        return metrics.get("tls_reloads").tag("result", "refused").counter().count();
    }

    private Certificate served() throws IOException, GeneralSecurityException {
        try (SSLSocket socket = connect()) {
            return socket.getSession().getPeerCertificates()[0];
        }
    }

    private SSLSocket connect() throws IOException, GeneralSecurityException {
        return TestAuthority.connect(AUTHORITY.context(null), server.actualPort());
    }

    private static String request(RawHttp connection) throws IOException {
        return connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer();
    }
}
