package io.portcullis.auth;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the credential of a request from the values of its {@code X-API-Key} and {@code Authorization} headers. Total: any text gives an
 * answer, none gives an exception. Thread-safe.
 */
public final class Credentials {

    /** Longest credential looked at, in characters; far above any of ours, far below what a header may hold. */
    public static final int MAX_LENGTH = 1024;

    private static final String APIKEY_SCHEME = "ApiKey";
    private static final String BEARER_SCHEME = "Bearer";
    private static final String BASIC_SCHEME = "Basic";

    private final Set<CredentialScheme> enabled;

    public Credentials(Set<CredentialScheme> enabled) {
        this.enabled = enabled.isEmpty() ? EnumSet.noneOf(CredentialScheme.class) : EnumSet.copyOf(enabled);
    }

    /**
     * One credential, or why there is none.
     *
     * @param apiKey value of {@code X-API-Key}, null where absent
     * @param authorization value of {@code Authorization}, null where absent
     */
    public Presented read(@Nullable String apiKey, @Nullable String authorization) {
        Presented first =
                apiKey != null && enabled.contains(CredentialScheme.API_KEY) ? key(apiKey) : Presented.Nothing.MISSING;
        if (authorization == null) {
            return first;
        }
        Presented second = authorization(authorization);
        if (second == Presented.Nothing.MISSING) {
            return first;
        }
        return first == Presented.Nothing.MISSING || first.equals(second) ? second : Presented.Nothing.AMBIGUOUS;
    }

    /**
     * What a request presents together with its connection: two credentials at once are ambiguous, whether or not they are the same client's.
     *
     * @param headers what its headers present
     * @param certificate what its connection was opened with
     */
    public static Presented together(Presented headers, Presented certificate) {
        if (certificate == Presented.Nothing.MISSING) {
            return headers;
        }
        return headers == Presented.Nothing.MISSING ? certificate : Presented.Nothing.AMBIGUOUS;
    }

    private Presented authorization(String value) {
        if (isScheme(value, BEARER_SCHEME)) {
            if (!enabled.contains(CredentialScheme.BEARER)) {
                return Presented.Nothing.MISSING;
            }
            String token = rest(value, BEARER_SCHEME);
            return ApiKey.looksLikeOne(token) ? key(token) : Presented.Nothing.MISSING;
        }
        if (isScheme(value, APIKEY_SCHEME)) {
            return enabled.contains(CredentialScheme.AUTHORIZATION_APIKEY)
                    ? key(rest(value, APIKEY_SCHEME))
                    : Presented.Nothing.MISSING;
        }
        if (isScheme(value, BASIC_SCHEME)) {
            return enabled.contains(CredentialScheme.BASIC)
                    ? basic(rest(value, BASIC_SCHEME))
                    : Presented.Nothing.MISSING;
        }
        return Presented.Nothing.MISSING;
    }

    private static Presented key(String value) {
        if (value.isEmpty() || value.length() > MAX_LENGTH) {
            return Presented.Nothing.MALFORMED;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c <= ' ' || c > '~') {
                return Presented.Nothing.MALFORMED;
            }
        }
        return new Credential.Key(value);
    }

    private static Presented basic(String base64) {
        if (base64.length() > MAX_LENGTH) {
            return Presented.Nothing.MALFORMED;
        }
        String pair;
        try {
            pair = new String(Base64.getDecoder().decode(base64), StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            return Presented.Nothing.MALFORMED;
        }
        int colon = pair.indexOf(':');
        if (colon <= 0 || colon == pair.length() - 1) {
            return Presented.Nothing.MALFORMED;
        }
        return new Credential.ClientSecret(pair.substring(0, colon), pair.substring(colon + 1));
    }

    /** Schemes are compared without case and end at a blank (RFC 9110 §11.1, §11.4). */
    private static boolean isScheme(String value, String scheme) {
        return value.length() > scheme.length()
                && value.charAt(scheme.length()) == ' '
                && value.regionMatches(true, 0, scheme, 0, scheme.length());
    }

    private static String rest(String value, String scheme) {
        return value.substring(scheme.length() + 1).trim();
    }
}
