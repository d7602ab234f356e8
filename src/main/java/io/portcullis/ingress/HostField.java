package io.portcullis.ingress;

/**
 * The value of a Host header (RFC 9112 §3.2): a host, and a port perhaps. Narrower than the grammar of RFC 3986, which lets a name have
 * commas, quotes and percent signs: no host that answers has them, and they are how two values become one.
 */
final class HostField {

    private static final boolean[] IN_NAME = table("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
    private static final boolean[] IN_ADDRESS = table("abcdefABCDEF0123456789:.");
    private static final int MOST_PORT_DIGITS = 5;

    private HostField() {}

    static boolean isValid(CharSequence value) {
        int length = value.length();
        if (length == 0) {
            return false;
        }
        int end = value.charAt(0) == '[' ? afterAddress(value, length) : skip(IN_NAME, value, 0, length);
        return end > 0 && (end == length || isPort(value, end, length));
    }

    /** Where the literal address ends, or 0. */
    private static int afterAddress(CharSequence value, int length) {
        int end = skip(IN_ADDRESS, value, 1, length);
        return end > 1 && end < length && value.charAt(end) == ']' ? end + 1 : 0;
    }

    private static boolean isPort(CharSequence value, int colon, int length) {
        if (value.charAt(colon) != ':' || length - colon - 1 > MOST_PORT_DIGITS) {
            return false;
        }
        for (int i = colon + 1; i < length; i++) {
            if (value.charAt(i) < '0' || value.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static int skip(boolean[] set, CharSequence value, int from, int length) {
        int i = from;
        while (i < length && value.charAt(i) < set.length && set[value.charAt(i)]) {
            i++;
        }
        return i;
    }

    private static boolean[] table(String characters) {
        boolean[] set = new boolean[128];
        characters.chars().forEach(c -> set[c] = true);
        return set;
    }
}
