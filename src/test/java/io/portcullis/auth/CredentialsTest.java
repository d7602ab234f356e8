package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {

    private final Credentials all = new Credentials(EnumSet.allOf(CredentialScheme.class));

    @ParameterizedTest
    @CsvSource({
        "pk_live_x,",
        ", ApiKey pk_live_x",
        ", apikey pk_live_x",
        ", Bearer pk_live_x",
        ", bearer  pk_live_x",
        "pk_live_x, Bearer pk_live_x"
    })
    void oneKeyInWhateverHeader(String apiKey, String authorization) {
        assertThat(all.read(apiKey, authorization)).isEqualTo(new Credential.Key("pk_live_x"));
    }

    @Test
    void basicIsAnIdAndASecret() {
        assertThat(all.read(null, "Basic " + base64("id:se:cret")))
                .isEqualTo(new Credential.ClientSecret("id", "se:cret"));
    }

    @Test
    void anEndUsersTokenIsNoneOfOurs() {
        assertThat(all.read(null, "Bearer eyJhbGciOiJFUzI1NiJ9.e30.x")).isEqualTo(Presented.Nothing.MISSING);
        assertThat(all.read("pk_live_x", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.x"))
                .isEqualTo(new Credential.Key("pk_live_x"));
    }

    @Test
    void nothingIsMissing() {
        assertThat(all.read(null, null)).isEqualTo(Presented.Nothing.MISSING);
        assertThat(all.read(null, "Digest username=x")).isEqualTo(Presented.Nothing.MISSING);
        assertThat(all.read(null, "Basic")).isEqualTo(Presented.Nothing.MISSING);
    }

    @Test
    void twoDifferentOnesAreAmbiguous() {
        assertThat(all.read("pk_live_x", "ApiKey pk_live_y")).isEqualTo(Presented.Nothing.AMBIGUOUS);
        assertThat(all.read("pk_live_x", "Basic " + base64("a:b"))).isEqualTo(Presented.Nothing.AMBIGUOUS);
    }

    @Test
    void onlyEnabledSchemesCount() {
        Credentials basicOnly = new Credentials(Set.of(CredentialScheme.BASIC));

        assertThat(basicOnly.read("pk_live_x", null)).isEqualTo(Presented.Nothing.MISSING);
        assertThat(basicOnly.read(null, "Bearer pk_live_x")).isEqualTo(Presented.Nothing.MISSING);
        assertThat(basicOnly.read("pk_live_x", "Basic " + base64("a:b")))
                .isEqualTo(new Credential.ClientSecret("a", "b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "with blank", "tab\there", "non-ascii-é", "nul\0"})
    void whatCannotBeAKeyIsMalformed(String key) {
        assertThat(all.read(key, null)).isEqualTo(Presented.Nothing.MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic !!!", "Basic YQ", "Basic OmI=", "Basic YTo=", "Basic ", "Basic ===="})
    void brokenBasicIsMalformed(String authorization) {
        assertThat(all.read(null, authorization)).isEqualTo(Presented.Nothing.MALFORMED);
    }

    @Test
    void lengthIsBounded() {
        assertThat(all.read("k".repeat(Credentials.MAX_LENGTH + 1), null)).isEqualTo(Presented.Nothing.MALFORMED);
        assertThat(all.read(null, "Basic " + "A".repeat(Credentials.MAX_LENGTH + 1)))
                .isEqualTo(Presented.Nothing.MALFORMED);
    }

    @Test
    void noTextMakesItThrow() {
        Random random = new Random(42);
        String[] starts = {"", "Basic ", "Bearer ", "ApiKey ", "Bearer pk_", "Basic Og"};
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(starts[random.nextInt(starts.length)]);
            for (int length = random.nextInt(40); length > 0; length--) {
                text.append((char) random.nextInt(256));
            }

            assertThat(all.read(text.toString(), text.toString())).isNotNull();
        }
    }

    @Test
    void noCredentialShowsItsSecret() {
        assertThat(new Credential.Key("pk_live_secret").toString()).doesNotContain("secret");
        assertThat(new Credential.ClientSecret("id", "hidden").toString()).doesNotContain("hidden");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
