package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
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
        assertThat(all.read(apiKey, authorization, null)).isEqualTo(new Credential.Key("pk_live_x"));
    }

    /** Found by fuzzing: such characters were cut off like blanks. */
    @ParameterizedTest
    @ValueSource(strings = {"ApiKey \0pk_live_x", "ApiKey pk_live_x\u0001", "ApiKey \u000bpk_live_x"})
    void aControlCharacterBesideAKeyIsNoBlank(String authorization) {
        assertThat(all.read(null, authorization, null)).isEqualTo(Presented.Nothing.MALFORMED);
    }

    @Test
    void basicIsAnIdAndASecret() {
        assertThat(all.read(null, "Basic " + base64("id:se:cret"), null))
                .isEqualTo(new Credential.ClientSecret("id", "se:cret"));
    }

    @Test
    void anEndUsersTokenIsNoneOfOurs() {
        assertThat(all.read(null, "Bearer eyJhbGciOiJFUzI1NiJ9.e30.x", null)).isEqualTo(Presented.Nothing.MISSING);
        assertThat(all.read("pk_live_x", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.x", null))
                .isEqualTo(new Credential.Key("pk_live_x"));
    }

    @Test
    void nothingIsMissing() {
        assertThat(all.read(null, null, null)).isEqualTo(Presented.Nothing.MISSING);
        assertThat(all.read(null, "Digest username=x", null)).isEqualTo(Presented.Nothing.MISSING);
        assertThat(all.read(null, "Basic", null)).isEqualTo(Presented.Nothing.MISSING);
    }

    @Test
    void twoDifferentOnesAreAmbiguous() {
        assertThat(all.read("pk_live_x", "ApiKey pk_live_y", null)).isEqualTo(Presented.Nothing.AMBIGUOUS);
        assertThat(all.read("pk_live_x", "Basic " + base64("a:b"), null)).isEqualTo(Presented.Nothing.AMBIGUOUS);
    }

    @Test
    void aCertificateBesideAnythingElseOfOursIsAmbiguous() {
        Presented key = all.read("pk_live_x", null, null);
        Presented certificate = new Credential.Certificate("a");

        assertThat(Credentials.together(key, Presented.Nothing.MISSING)).isEqualTo(key);
        assertThat(Credentials.together(Presented.Nothing.MISSING, certificate)).isEqualTo(certificate);
        assertThat(Credentials.together(key, certificate)).isEqualTo(Presented.Nothing.AMBIGUOUS);
        assertThat(Credentials.together(key, Presented.Nothing.MALFORMED)).isEqualTo(Presented.Nothing.AMBIGUOUS);
        assertThat(Credentials.together(Presented.Nothing.MALFORMED, certificate))
                .isEqualTo(Presented.Nothing.AMBIGUOUS);
    }

    @Test
    void onlyEnabledSchemesCount() {
        Credentials basicOnly = new Credentials(Set.of(CredentialScheme.BASIC));

        assertThat(basicOnly.read("pk_live_x", null, null)).isEqualTo(Presented.Nothing.MISSING);
        assertThat(basicOnly.read(null, "Bearer pk_live_x", null)).isEqualTo(Presented.Nothing.MISSING);
        assertThat(basicOnly.read("pk_live_x", "Basic " + base64("a:b"), null))
                .isEqualTo(new Credential.ClientSecret("a", "b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "with blank", "tab\there", "non-ascii-é", "nul\0"})
    void whatCannotBeAKeyIsMalformed(String key) {
        assertThat(all.read(key, null, null)).isEqualTo(Presented.Nothing.MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic !!!", "Basic YQ", "Basic OmI=", "Basic YTo=", "Basic ", "Basic ===="})
    void brokenBasicIsMalformed(String authorization) {
        assertThat(all.read(null, authorization, null)).isEqualTo(Presented.Nothing.MALFORMED);
    }

    /**
     * Every combination of what may stand in the three headers: absent, one of two keys or ids, something that cannot be right. Expected is
     * what each scheme by itself makes of it, and that two which differ are ambiguous.
     */
    @ParameterizedTest
    @MethodSource("sets")
    void theWholeTable(Set<CredentialScheme> enabled) {
        Credentials credentials = new Credentials(enabled);
        for (String apiKey : new String[] {null, "pk_x", "pk_y", "b d"}) {
            for (String clientId : new String[] {null, "", "id", "i d"}) {
                for (String authorization : new String[] {
                    null,
                    "ApiKey pk_x",
                    "Bearer pk_x",
                    "Bearer ey",
                    "Basic " + base64("id:pk_x"),
                    "Basic " + base64("id2:pk_x")
                }) {
                    assertThat(credentials.read(apiKey, authorization, clientId))
                            .as("%s: %s, %s, %s", enabled, apiKey, clientId, authorization)
                            .isEqualTo(expected(
                                    byHeaders(enabled, apiKey, clientId), byAuthorization(enabled, authorization)));
                }
            }
        }
    }

    private static Presented expected(Presented first, Presented second) {
        if (first == Presented.Nothing.MISSING || first.equals(second)) {
            return second;
        }
        return second == Presented.Nothing.MISSING ? first : Presented.Nothing.AMBIGUOUS;
    }

    private static Presented byHeaders(Set<CredentialScheme> enabled, String apiKey, String clientId) {
        boolean pair = enabled.contains(CredentialScheme.CLIENT_ID) && clientId != null && !clientId.isEmpty();
        if (apiKey == null || (!pair && !enabled.contains(CredentialScheme.API_KEY))) {
            return Presented.Nothing.MISSING;
        }
        if (apiKey.equals("b d") || (pair && clientId.equals("i d"))) {
            return Presented.Nothing.MALFORMED;
        }
        return pair ? new Credential.ClientSecret(clientId, apiKey) : new Credential.Key(apiKey);
    }

    private static Presented byAuthorization(Set<CredentialScheme> enabled, String authorization) {
        if (authorization == null) {
            return Presented.Nothing.MISSING;
        }
        String rest = authorization.substring(authorization.indexOf(' ') + 1);
        if (authorization.startsWith("Basic") && enabled.contains(CredentialScheme.BASIC)) {
            String[] pair = new String(Base64.getDecoder().decode(rest), StandardCharsets.ISO_8859_1).split(":", -1);
            return new Credential.ClientSecret(pair[0], pair[1]);
        }
        boolean counts = authorization.startsWith("ApiKey")
                ? enabled.contains(CredentialScheme.AUTHORIZATION_APIKEY)
                : authorization.startsWith("Bearer pk_") && enabled.contains(CredentialScheme.BEARER);
        return counts ? new Credential.Key(rest) : Presented.Nothing.MISSING;
    }

    static List<Set<CredentialScheme>> sets() {
        List<Set<CredentialScheme>> sets = new ArrayList<>();
        for (int bits = 0; bits < 1 << CredentialScheme.values().length; bits++) {
            Set<CredentialScheme> enabled = EnumSet.noneOf(CredentialScheme.class);
            CredentialScheme[] values = CredentialScheme.values();
            for (int i = 0; i < values.length; i++) {
                if ((bits & (1 << i)) != 0) {
                    enabled.add(values[i]);
                }
            }
            sets.add(enabled);
        }
        return sets;
    }

    @Test
    void anIdBesideAKeyMakesAPairAndAloneNothing() {
        assertThat(all.read("s3cret", null, "id")).isEqualTo(new Credential.ClientSecret("id", "s3cret"));
        assertThat(all.read(null, null, "id")).isEqualTo(Presented.Nothing.MISSING);
        assertThat(all.read(null, "ApiKey pk_live_x", "id")).isEqualTo(new Credential.Key("pk_live_x"));
        assertThat(all.read("s3cret", "Basic " + base64("id:s3cret"), "id"))
                .isEqualTo(new Credential.ClientSecret("id", "s3cret"));
        assertThat(all.read("s3cret", "Basic " + base64("id:other"), "id")).isEqualTo(Presented.Nothing.AMBIGUOUS);
        assertThat(all.read("pk_live_x", "Bearer pk_live_x", "id")).isEqualTo(Presented.Nothing.AMBIGUOUS);
    }

    @Test
    void anIdIsIgnoredWhereItsSchemeIsOff() {
        Credentials keysOnly = new Credentials(Set.of(CredentialScheme.API_KEY));

        assertThat(keysOnly.read("pk_live_x", null, "not\0an id")).isEqualTo(new Credential.Key("pk_live_x"));
        assertThat(keysOnly.pairsClientId()).isFalse();
        assertThat(all.pairsClientId()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"with blank", "tab\there", "non-ascii-é", "nul\0", "line\nend", "del\u007f"})
    void whatCannotBeAnIdIsMalformed(String id) {
        assertThat(all.read("s3cret", null, id)).isEqualTo(Presented.Nothing.MALFORMED);
        assertThat(all.read(id, null, "id")).isEqualTo(Presented.Nothing.MALFORMED);
        assertThat(all.read("s3cret", null, "i".repeat(Credentials.MAX_LENGTH + 1)))
                .isEqualTo(Presented.Nothing.MALFORMED);
        assertThat(all.read("s".repeat(Credentials.MAX_LENGTH + 1), null, "id")).isEqualTo(Presented.Nothing.MALFORMED);
    }

    @Test
    void lengthIsBounded() {
        assertThat(all.read("k".repeat(Credentials.MAX_LENGTH + 1), null, null)).isEqualTo(Presented.Nothing.MALFORMED);
        assertThat(all.read(null, "Basic " + "A".repeat(Credentials.MAX_LENGTH + 1), null))
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

            assertThat(all.read(text.toString(), text.toString(), null)).isNotNull();
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
