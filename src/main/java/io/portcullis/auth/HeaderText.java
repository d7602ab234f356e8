package io.portcullis.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What may go out in a header: visible ASCII and inner blanks (RFC 9110 §5.5 without obs-text), at most {@value #MAX_LENGTH} characters.
 * A value from the database that is anything else could split a header or end a response, so its record is refused.
 */
final class HeaderText {

    static final int MAX_LENGTH = 2048;

    private HeaderText() {}

    static boolean isSafe(String text) {
        int length = text.length();
        if (length > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            boolean blank = c == ' ' && i > 0 && i < length - 1;
            if (!blank && (c <= ' ' || c > '~')) {
                return false;
            }
        }
        return true;
    }

    /** The first of the pairs (column, value) whose value is not safe, as a reason without the value; null when all are. */
    static @Nullable String firstFault(@Nullable String... columnsAndValues) {
        for (int i = 0; i < columnsAndValues.length; i += 2) {
            String value = columnsAndValues[i + 1];
            if (value != null && !isSafe(value)) {
                return columnsAndValues[i] + " is not safe in a header";
            }
        }
        return null;
    }

    /** Blank-separated, as RFC 6749 §3.3 writes scopes; null for none. A scope with a blank in it would read as two: it makes the text unsafe. */
    static @Nullable String joinScopes(List<String> scopes) {
        if (scopes.isEmpty()) {
            return null;
        }
        for (String scope : scopes) {
            if (scope.isEmpty() || scope.indexOf(' ') >= 0) {
                return " ";
            }
        }
        return String.join(" ", scopes);
    }
}
