package io.portcullis.auth;

import static io.portcullis.testing.TestAuthority.host;
import static io.portcullis.testing.TestAuthority.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.testing.TestAuthority;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The name of a certificate, by which it is stored and looked up. */
class CertificateIdentityTest {

    private final TestAuthority authority = new TestAuthority("clients");

    @Test
    void aFingerprintIsThatOfTheWholeCertificate() throws Exception {
        X509Certificate certificate = authority.client("a").certificate();
        String expected =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));

        assertThat(CertificateIdentity.FINGERPRINT.nameOf(certificate)).isEqualTo("x509-sha256:" + expected);
    }

    @Test
    void oneUriIsTheNameWhateverHostsStandBesideIt() {
        assertThat(san(uri("spiffe://acme/billing"), host("b.acme"), host("c.acme")))
                .isEqualTo("x509-san:uri:spiffe://acme/billing");
    }

    @Test
    void withoutAUriOneHostIs() {
        assertThat(san(host("Billing.Acme.Example"))).isEqualTo("x509-san:dns:billing.acme.example");
    }

    /** Which of them counts must not depend on how somebody reads the list. */
    @Test
    void severalNamesAreNone() {
        assertThat(san(uri("spiffe://acme/a"), uri("spiffe://acme/b"))).isNull();
        assertThat(san(host("a.acme"), host("b.acme"))).isNull();
    }

    @Test
    void aCommonNameIsNoneAndNeitherIsAnAddress() {
        assertThat(san()).isNull();
        assertThat(san(new GeneralName(GeneralName.iPAddress, "127.0.0.1"))).isNull();
    }

    @Test
    void aNameThatIsNotPlainIsNone() {
        assertThat(san(uri("spiffe://acme/b c"))).isNull();
        assertThat(san(uri("spiffe://acme/" + "x".repeat(Credentials.MAX_LENGTH))))
                .isNull();
    }

    /** A name is digested as keys are: who could present it as a key would need no certificate. */
    @Test
    void noNameCanBeTakenForAKey() {
        X509Certificate certificate = authority.client("a", uri("pk_live_x")).certificate();

        assertThat(ApiKey.looksLikeOne(String.valueOf(CertificateIdentity.FINGERPRINT.nameOf(certificate))))
                .isFalse();
        assertThat(ApiKey.looksLikeOne(String.valueOf(CertificateIdentity.SAN.nameOf(certificate))))
                .isFalse();
    }

    private @Nullable String san(GeneralName... names) {
        return CertificateIdentity.SAN.nameOf(
                authority.client("cn.acme.example", names).certificate());
    }
}
