package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlowHashTest {

    private static final String SALT = "$c29tZXNhbHQ$";
    private static final String BITS = "a".repeat(53);

    /** bcrypt as crypt(3) of libxcrypt makes it; argon2id from the tests of the authors' reference code. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "s3cret $2b$10$abcdefghijklmnopqrstuu3KWNuWLhBnmgYfnzONPueahDuedC/lu",
                "s3cret $2y$10$abcdefghijklmnopqrstuu3KWNuWLhBnmgYfnzONPueahDuedC/lu",
                "s3cret $2a$10$abcdefghijklmnopqrstuu3KWNuWLhBnmgYfnzONPueahDuedC/lu",
                "s3cret bcrypt:$2b$10$abcdefghijklmnopqrstuu3KWNuWLhBnmgYfnzONPueahDuedC/lu",
                "password $argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "password $argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
                "password argon2id:$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
            })
    void hashesOfOtherSystemsMatchTheirSecretOnly(String secret, String text) {
        SlowHash hash = parse(text);

        assertThat(SlowHash.isOne(text)).isTrue();
        assertThat(hash.matches(secret)).isTrue();
        assertThat(hash.matches(secret + "x")).isFalse();
        assertThat(hash.matches("")).isFalse();
    }

    @Test
    void whatIsMadeHereIsReadHere() {
        SecureRandom random = new SecureRandom();
        for (String text :
                new String[] {SlowHash.bcrypt("s\u00e9cret", random), SlowHash.argon2id("s\u00e9cret", random)}) {
            assertThat(parse(text).text()).isEqualTo(text);
            assertThat(parse(text).matches("s\u00e9cret")).isTrue();
            assertThat(parse(text).matches("secret")).isFalse();
            assertThat(parse(text).toString()).doesNotContain(text.substring(text.length() - 10));
        }
    }

    @Test
    void bcryptProvesNothingBeyondWhatItReads() {
        String longest = "x".repeat(72);
        SlowHash hash = parse(SlowHash.bcrypt(longest, new SecureRandom()));

        assertThat(hash.matches(longest)).isTrue();
        assertThat(hash.matches(longest + "y")).isFalse();
        assertThatThrownBy(() -> SlowHash.bcrypt(longest + "y", new SecureRandom()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "$2b$",
                "bcrypt:",
                "argon2id:",
                "$argon2id$",
                "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4=",
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQx1$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "bcrypt:bcrypt:x"
            })
    void whatCannotBeReadIsNoHash(String text) {
        assertThat(SlowHash.parse(text)).isNull();
    }

    @Test
    void whatCostsTooMuchIsNoHash() {
        String bits = "A".repeat(43);
        assertThat(SlowHash.parse("$2b$14$" + BITS)).isNotNull();
        assertThat(SlowHash.parse("$2b$15$" + BITS)).isNull();
        assertThat(SlowHash.parse("$2b$03$" + BITS)).isNull();
        assertThat(SlowHash.parse("$2x$10$" + BITS)).isNull();
        assertThat(SlowHash.parse("$argon2id$v=19$m=262144,t=4,p=16" + SALT + bits))
                .isNotNull();
        assertThat(SlowHash.parse("$argon2id$v=19$m=262145,t=1,p=1" + SALT + bits))
                .isNull();
        assertThat(SlowHash.parse("$argon2id$v=19$m=262144,t=5,p=1" + SALT + bits))
                .isNull();
        assertThat(SlowHash.parse("$argon2id$v=19$m=65536,t=1,p=17" + SALT + bits))
                .isNull();
        assertThat(SlowHash.parse("$argon2id$v=19$m=7,t=1,p=1" + SALT + bits)).isNull();
        assertThat(SlowHash.parse("$argon2id$v=19$m=9999999999,t=1,p=1" + SALT + bits))
                .isNull();
    }

    @Test
    void aFastHashIsNone() {
        assertThat(SlowHash.isOne("sha256:00")).isFalse();
        assertThat(SlowHash.isOne("hmac-sha256:00:00")).isFalse();
        assertThat(SlowHash.isOne("")).isFalse();
    }

    private static SlowHash parse(String text) {
        return Objects.requireNonNull(SlowHash.parse(text));
    }
}
