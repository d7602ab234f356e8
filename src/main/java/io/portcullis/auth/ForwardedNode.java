package io.portcullis.auth;

import org.jspecify.annotations.Nullable;

/** A hop as a proxy writes it down (RFC 7239 §6): an address with or without a port. */
final class ForwardedNode {

    /** The longest literal, its brackets and a port; what is longer is none, and not worth looking at. */
    private static final int MAX_LENGTH = 45 + 2 + 17;

    private ForwardedNode() {}

    /** {@code 192.0.2.1}, {@code 192.0.2.1:80}, {@code 2001:db8::1}, {@code [2001:db8::1]:80}; null for all else, as unknown and _hidden. */
    static @Nullable IpAddress address(String node) {
        if (node.isEmpty() || node.length() > MAX_LENGTH) {
            return null;
        }
        if (node.charAt(0) == '[') {
            int end = node.indexOf(']');
            boolean whole = end > 0 && (end == node.length() - 1 || isPort(node, end + 1));
            IpAddress address = whole ? IpAddress.parse(node.substring(1, end)) : null;
            // Brackets are for IPv6 (RFC 3986 §3.2.2).
            int colon = node.indexOf(':');
            return address != null && colon > 0 && colon < end ? address : null;
        }
        int colon = node.indexOf(':');
        if (colon > 0 && colon == node.lastIndexOf(':')) {
            return isPort(node, colon) ? IpAddress.parse(node.substring(0, colon)) : null;
        }
        return IpAddress.parse(node);
    }

    /** A colon and digits, or an obfuscated port: {@code :_} and a token. */
    private static boolean isPort(String node, int colon) {
        if (node.charAt(colon) != ':' || colon == node.length() - 1) {
            return false;
        }
        boolean hidden = node.charAt(colon + 1) == '_';
        if (!hidden && node.length() - colon > 6) {
            return false;
        }
        for (int i = colon + (hidden ? 2 : 1); i < node.length(); i++) {
            char c = node.charAt(i);
            boolean digit = c >= '0' && c <= '9';
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
            if (!digit && !(hidden && letter)) {
                return false;
            }
        }
        return true;
    }
}
