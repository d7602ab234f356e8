package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyTest {

    private final SecureRandom random = new SecureRandom();

    @Test
    void aNewKeyIsWellFormedAndHasTheFormat() {
        for (int i = 0; i < 1000; i++) {
            String key = ApiKey.generate("live", random);

            assertThat(key).matches("pk_live_[0-9A-Za-z]{36}");
            assertThat(ApiKey.isWellFormed(key)).isTrue();
        }
    }

    @Test
    void oneChangedCharacterIsNoticed() {
        String key = ApiKey.generate("live", random);
        for (int i = 0; i < key.length(); i++) {
            char other = key.charAt(i) == 'a' ? 'b' : 'a';

            assertThat(ApiKey.isWellFormed(key.substring(0, i) + other + key.substring(i + 1)))
                    .as("changed at %d", i)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "pk_",
                "pk__",
                "pk_live_",
                "pk_live_short",
                "sk_live_000000000000000000000000000000000000",
                "pk_LIVE_000000000000000000000000000000000000",
                "pk_waytoolongenvironment_000000000000000000000000000000000000",
                "pk_live_00000000000000000000000000000000000é",
                "pk_000000000000000000000000000000000000"
            })
    void anythingElseIsNot(String text) {
        assertThat(ApiKey.isWellFormed(text)).isFalse();
    }

    @Test
    void keysDoNotRepeat() {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            assertThat(keys.add(ApiKey.generate("t", random))).isTrue();
        }
    }

    @Test
    void thePrefixShowsThreeCharactersOfTheSecret() {
        String key = ApiKey.generate("live", random);

        assertThat(ApiKey.recognisablePrefix(key)).isEqualTo(key.substring(0, "pk_live_".length() + 3));
    }

    @Test
    void anEnvironmentIsShortAndPlain() {
        assertThatThrownBy(() -> ApiKey.generate("", random)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ApiKey.generate("a_b", random)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ApiKey.generate("a".repeat(17), random)).isInstanceOf(IllegalArgumentException.class);
    }
}
