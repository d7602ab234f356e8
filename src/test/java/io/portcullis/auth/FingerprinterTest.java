package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprinterTest {

    private final Fingerprinter fingerprinter = Fingerprinter.create(new SecureRandom());

    /** The authors' vectors (github.com/veorq/SipHash, vectors.h): key 00…0f, input 00, 01, … of the given length. */
    @ParameterizedTest
    @CsvSource({
        "0, a3817f04ba25a8e66df67214c7550293",
        "1, da87c1d86b99af44347659119b22fc45",
        "2, 8177228da4a45dc7fca38bdef60affe4",
        "3, 9c70b60c5267a94e5f33b6b02985ed51"
    })
    void agreesWithTheAuthorsVectors(int length, String expected) {
        Fingerprinter reference = new Fingerprinter(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
        byte[] input = new byte[length];
        for (int i = 0; i < length; i++) {
            input[i] = (byte) i;
        }

        Fingerprint fingerprint = reference.of(input);

        assertThat(littleEndian(fingerprint.low()) + littleEndian(fingerprint.high()))
                .isEqualTo(expected);
    }

    @Test
    void lengthFramingKeepsIdAndSecretApart() {
        assertThat(fingerprinter.of(new Credential.ClientSecret("ab", "c")))
                .isNotEqualTo(fingerprinter.of(new Credential.ClientSecret("a", "bc")));
    }

    @Test
    void schemesDoNotMeet() {
        assertThat(fingerprinter.of(new Credential.Key("abc")))
                .isNotEqualTo(fingerprinter.of(new Credential.ClientSecret("a", "bc")));
    }

    @Test
    void aCertificateIsNoKeyOfTheSameText() {
        assertThat(fingerprinter.of(new Credential.Certificate("abc")))
                .isNotEqualTo(fingerprinter.of(new Credential.Key("abc")))
                .isNotEqualTo(fingerprinter.of(new Credential.Certificate("abd")));
    }

    @Test
    void everyCharacterCounts() {
        String key = ApiKey.generate("live", new SecureRandom());
        Fingerprint whole = fingerprinter.of(new Credential.Key(key));
        for (int i = 0; i < key.length(); i++) {
            char other = key.charAt(i) == 'x' ? 'y' : 'x';
            String changed = key.substring(0, i) + other + key.substring(i + 1);

            assertThat(fingerprinter.of(new Credential.Key(changed))).isNotEqualTo(whole);
        }
    }

    @Test
    void twoProcessesDoNotAgree() {
        Credential credential = new Credential.Key("pk_live_x");

        assertThat(Fingerprinter.create(new SecureRandom()).of(credential)).isNotEqualTo(fingerprinter.of(credential));
    }

    private static String littleEndian(long word) {
        return HexFormat.of().toHexDigits(Long.reverseBytes(word));
    }
}
