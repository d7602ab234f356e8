package io.portcullis.auth;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whatever stands in the headers: an answer, and one that can be told back from what it was read from. */
class CredentialsFuzzTest {

    @FuzzTest(maxDuration = "2m")
    void read(FuzzedDataProvider data) {
        Set<CredentialScheme> enabled = EnumSet.noneOf(CredentialScheme.class);
        int schemes = data.consumeByte();
        CredentialScheme[] values = CredentialScheme.values();
        for (int i = 0; i < values.length; i++) {
            if ((schemes & (1 << i)) != 0) {
                enabled.add(values[i]);
            }
        }
        @Nullable String apiKey = header(data);
        @Nullable String clientId = header(data);
        @Nullable String authorization = header(data);
        Presented presented = new Credentials(enabled).read(apiKey, authorization, clientId);

        if (presented instanceof Credential credential && enabled.isEmpty()) {
            throw new IllegalStateException("no scheme is enabled, and yet: " + credential);
        }
        if (presented instanceof Credential.Key key) {
            check(isText(key.value()), "a key that is no text");
            check(
                    key.value().equals(apiKey)
                            || (authorization != null
                                    && authorization.matches(
                                            "(?i)(apikey|bearer) [ \t]*" + Pattern.quote(key.value()) + "[ \t]*")),
                    "a key from nowhere");
        } else if (presented instanceof Credential.ClientSecret pair) {
            check(!pair.clientId().isEmpty() && !pair.secret().isEmpty(), "an empty half");
            check(
                    pair.clientId().length() <= Credentials.MAX_LENGTH
                            && pair.secret().length() <= Credentials.MAX_LENGTH,
                    "a pair that is too long");
            boolean ofHeaders =
                    pair.clientId().equals(clientId) && pair.secret().equals(apiKey);
            check(ofHeaders || isBasicOf(authorization, pair), "a pair from nowhere");
        }
    }

    private static boolean isBasicOf(@Nullable String authorization, Credential.ClientSecret pair) {
        if (authorization == null || !authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            return false;
        }
        byte[] bytes = (pair.clientId() + ":" + pair.secret()).getBytes(StandardCharsets.ISO_8859_1);
        String expected = Base64.getEncoder().withoutPadding().encodeToString(bytes);
        String given = authorization.substring(6).trim().replace("=", "");
        // The last character may carry bits that no byte has.
        return given.length() == expected.length()
                && given.regionMatches(0, expected, 0, Math.max(0, expected.length() - 1));
    }

    private static boolean isText(String value) {
        return !value.isEmpty()
                && value.length() <= Credentials.MAX_LENGTH
                && value.chars().allMatch(c -> c > ' ' && c <= '~');
    }

    private static @Nullable String header(FuzzedDataProvider data) {
        return data.consumeBoolean()
                ? new String(data.consumeBytes(data.consumeInt(0, 1100)), StandardCharsets.ISO_8859_1)
                : null;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
