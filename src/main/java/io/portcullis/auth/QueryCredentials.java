package io.portcullis.auth;

import java.util.Locale;
import java.util.Set;

/**
 * Credentials in a query string, which stay in logs, histories and {@code Referer} headers (RFC 6750 §5.3, RFC 9700 §4.3.2): they are refused,
 * whatever they would prove, so that nobody comes to rely on them. Found are our keys in any value (with their checksum: what only begins like
 * one may be another system's public key), and values of parameters by whose name somebody meant a credential.
 *
 * <p>Total: any text gives an answer. Work grows with the length of the query alone.
 */
public final class QueryCredentials {

    private static final Set<String> NAMES = Set.of("api_key", "apikey", "api-key", "x-api-key", "x_api_key");

    private static final int LONGEST_NAME = 9;

    private QueryCredentials() {}

    /**
     * Whether the query string carries a credential.
     *
     * @param query what follows the {@code ?}, as it was sent: parameters joined by {@code &} (some servers read {@code ;} as well),
     *     percent-encoded; decoded here once
     */
    public static boolean in(String query) {
        int from = 0;
        while (from <= query.length()) {
            int to = end(query, from, query.length(), '&', ';');
            int nameEnd = end(query, from, to, '=', '=');
            if (nameEnd + 1 < to && isCredentialName(decoded(query, from, nameEnd))) {
                return true;
            }
            // A parameter without "=" is a value, too: "?pk_live_…".
            if (ApiKey.isIn(decoded(query, from, to))) {
                return true;
            }
            from = to + 1;
        }
        return false;
    }

    /** Where the first of two characters stands; {@code to} where neither does. */
    private static int end(String query, int from, int to, char one, char other) {
        int i = from;
        while (i < to && query.charAt(i) != one && query.charAt(i) != other) {
            i++;
        }
        return i;
    }

    private static boolean isCredentialName(String name) {
        return name.length() <= LONGEST_NAME && NAMES.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Percent-decoding (RFC 3986 §2.1), {@code +} as a blank; what is no encoding stands for itself. */
    private static String decoded(String text, int from, int to) {
        StringBuilder decoded = new StringBuilder(to - from);
        int i = from;
        while (i < to) {
            char c = text.charAt(i);
            int high = c == '%' && i + 2 < to ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
            if (low >= 0) {
                decoded.append((char) (high << 4 | low));
                i += 3;
            } else {
                decoded.append(c == '+' ? ' ' : c);
                i++;
            }
        }
        return decoded.toString();
    }
}
