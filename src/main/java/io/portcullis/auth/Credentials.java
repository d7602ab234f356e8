package io.portcullis.auth;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the credential of a request from the values of its {@code X-API-Key}, {@code X-Client-Id} and {@code Authorization} headers. Total:
 * any text gives an answer, none gives an exception. Thread-safe.
 */
public final class Credentials {

    /** Longest credential looked at, in characters; far above any of ours, far below what a header may hold. */
    public static final int MAX_LENGTH = 1024;

    private static final String APIKEY_SCHEME = "ApiKey";
    private static final String BEARER_SCHEME = "Bearer";
    private static final String BASIC_SCHEME = "Basic";

    private final Set<CredentialScheme> enabled;
    private final boolean pairsClientId;

    public Credentials(Set<CredentialScheme> enabled) {
        this.enabled = enabled.isEmpty() ? EnumSet.noneOf(CredentialScheme.class) : EnumSet.copyOf(enabled);
        this.pairsClientId = enabled.contains(CredentialScheme.CLIENT_ID);
    }

    /**
     * One credential, or why there is none. An id without a key is none: it is also the name of a header that tells who called, which
     * callers send as they like. Beside a key it names whose the key is, and both have to be right.
     *
     * @param apiKey value of {@code X-API-Key}, null where absent
     * @param authorization value of {@code Authorization}, null where absent
     * @param clientId value of {@code X-Client-Id}, null where absent; an empty one is absent, too
     */
    public Presented read(@Nullable String apiKey, @Nullable String authorization, @Nullable String clientId) {
        Presented first = apiKey == null ? Presented.Nothing.MISSING : withKey(apiKey, clientId);
        if (authorization == null) {
            return first;
        }
        Presented second = authorization(authorization);
        if (second == Presented.Nothing.MISSING) {
            return first;
        }
        return first == Presented.Nothing.MISSING || first.equals(second) ? second : Presented.Nothing.AMBIGUOUS;
    }

    /** Whether a value of {@code Authorization} is for us, right or wrong; else it is the end user's, and goes on to the upstream. */
    public boolean isOurs(String authorization) {
        return authorization(authorization) != Presented.Nothing.MISSING;
    }

    /** Whether {@code X-Client-Id} counts beside a key; where it does, it may not stand twice. */
    public boolean pairsClientId() {
        return pairsClientId;
    }

    private Presented withKey(String apiKey, @Nullable String clientId) {
        if (pairsClientId && clientId != null && !clientId.isEmpty()) {
            return isText(clientId) && isText(apiKey)
                    ? new Credential.ClientSecret(clientId, apiKey)
                    : Presented.Nothing.MALFORMED;
        }
        return enabled.contains(CredentialScheme.API_KEY) ? key(apiKey) : Presented.Nothing.MISSING;
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
        return isText(value) ? new Credential.Key(value) : Presented.Nothing.MALFORMED;
    }

    /** Visible ASCII, not too long. */
    private static boolean isText(String value) {
        if (value.isEmpty() || value.length() > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c <= ' ' || c > '~') {
                return false;
            }
        }
        return true;
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

    /** What follows the scheme, without the blanks around it. Only blanks: a control character is no part of anything that is right. */
    private static String rest(String value, String scheme) {
        int from = scheme.length() + 1;
        int to = value.length();
        while (from < to && isBlank(value.charAt(from))) {
            from++;
        }
        while (from < to && isBlank(value.charAt(to - 1))) {
            to--;
        }
        return value.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
