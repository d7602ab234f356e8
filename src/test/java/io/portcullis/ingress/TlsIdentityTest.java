package io.portcullis.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.testing.TestAuthority;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files make a certificate that can be served, and what is said of those that do not. */
class TlsIdentityTest {

    private static final Vertx VERTX = Vertx.vertx();
    private static final TestAuthority AUTHORITY = new TestAuthority("the test's authority");

    private final Path certificate;
    private final Path key;

    TlsIdentityTest(@TempDir Path folder) {
        certificate = folder.resolve("tls.crt");
        key = folder.resolve("tls.key");
    }

    @AfterAll
    static void stop() throws Exception {
        VERTX.close().await(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource({"RSA, false", "RSA, true", "EC, false", "EC, true"})
    void everyUsualFormOfAKeyIsRead(String algorithm, boolean traditional) throws Exception {
        TestAuthority.Pair server = AUTHORITY.server(algorithm, Duration.ofDays(9));
        server.certificateTo(certificate);
        if (traditional) {
            server.traditionalKeyTo(key);
        } else {
            server.keyTo(key);
        }
        assertThat(Files.readString(key))
                .startsWith(traditional ? "-----BEGIN " + algorithm + " PRIVATE" : "-----BEGIN PRIVATE");

        assertThat(identity().expires())
                .isBetween(Instant.now().plus(Duration.ofDays(8)), Instant.now().plus(Duration.ofDays(10)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void theKeyOfAnotherCertificateIsRefused(String algorithm) {
        AUTHORITY.server(algorithm, Duration.ofDays(9)).certificateTo(certificate);
        AUTHORITY.server(algorithm, Duration.ofDays(9)).keyTo(key);

        assertThatThrownBy(this::identity)
                .isInstanceOf(TlsException.class)
                .hasMessage(key + ": not the key of the certificate in " + certificate);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void aKeyOfAnotherKindIsRefused(String algorithm) {
        AUTHORITY.server(algorithm, Duration.ofDays(9)).certificateTo(certificate);
        AUTHORITY
                .server(algorithm.equals("EC") ? "RSA" : "EC", Duration.ofDays(9))
                .keyTo(key);

        assertThatThrownBy(this::identity).isInstanceOf(TlsException.class);
    }

    @Test
    void whatIsNoPemIsRefusedWithoutBeingQuoted() throws Exception {
        AUTHORITY.server().certificateTo(certificate);
        Files.writeString(key, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");

        assertThatThrownBy(this::identity)
                .isInstanceOf(TlsException.class)
                .hasMessageContaining(key.toString())
                .hasNoCause()
                .message()
                .doesNotContain("c2VjcmV0", "secret");
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        AUTHORITY.server().certificateTo(certificate);

        assertThatThrownBy(this::identity).isInstanceOf(TlsException.class).hasMessage(key + ": no such file");
    }

    @Test
    void anAuthorityOfClientsThatCannotBeReadIsNamed(@TempDir Path folder) throws Exception {
        TestAuthority.Pair server = AUTHORITY.server();
        server.certificateTo(certificate);
        server.keyTo(key);
        Path authority = Files.writeString(folder.resolve("ca.pem"), "nothing");

        assertThatThrownBy(() -> identity(authority))
                .isInstanceOf(TlsException.class)
                .hasMessage(authority + ": no PEM certificate that can be read");
    }

    private TlsIdentity identity() throws TlsException {
        return identity(null);
    }

    private TlsIdentity identity(@Nullable Path clientCa) throws TlsException {
        TlsFiles files = new TlsFiles(certificate, key, clientCa);
        return TlsIdentity.of(files, files.read(), VERTX);
    }
}
