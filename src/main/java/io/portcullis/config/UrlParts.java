package io.portcullis.config;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code scheme://user:password@host:port/path?name=value}, split and percent-decoded (RFC 3986). Not {@link java.net.URI}: that refuses
 * host names with an underscore, and its exceptions quote the whole input, password included. Here no message quotes anything.
 *
 * @param hosts at least one
 * @param path without the first slash
 */
record UrlParts(
        String scheme,
        @Nullable String user,
        @Nullable Secret password,
        List<HostAndPort> hosts,
        String path,
        Map<String, String> query) {

    /** @param port {@code null} if not given */
    record HostAndPort(String host, @Nullable Integer port) {

        int portOr(int other) {
            return port == null ? other : port;
        }
    }

    /** A URL that names one host. */
    static UrlParts parse(String text, String... schemes) {
        UrlParts parts = parseMany(text, schemes);
        require(parts.hosts.size() == 1, "names more than one host; one is understood");
        return parts;
    }

    /** A URL that may name several hosts, with commas between. */
    static UrlParts parseMany(String text, String... schemes) {
        int colon = text.indexOf("://");
        String scheme = colon < 0 ? "" : text.substring(0, colon);
        require(List.of(schemes).contains(scheme), "must begin with " + String.join(":// or ", schemes) + "://");
        require(
                text.chars().noneMatch(c -> c <= ' ' || c == 0x7f),
                "has a blank or control character; write it as %20");
        require(text.indexOf('#') < 0, "has a #; in a user or password write it as %23");
        String rest = text.substring(colon + 3);

        Map<String, String> query = new LinkedHashMap<>();
        int mark = rest.indexOf('?');
        if (mark >= 0) {
            query(rest.substring(mark + 1), query);
            rest = rest.substring(0, mark);
        }
        int slash = rest.indexOf('/');
        String path = slash < 0 ? "" : decode(rest.substring(slash + 1));
        String authority = slash < 0 ? rest : rest.substring(0, slash);

        int at = authority.lastIndexOf('@');
        String user = null;
        Secret password = null;
        if (at >= 0) {
            String[] pair = authority.substring(0, at).split(":", 2);
            user = pair[0].isEmpty() ? null : decode(pair[0]);
            password = pair.length < 2 || pair[1].isEmpty() ? null : new Secret(decode(pair[1]));
        }
        List<HostAndPort> hosts = Stream.of(authority.substring(at + 1).split(",", -1))
                .map(UrlParts::hostAndPort)
                .toList();
        return new UrlParts(scheme, user, password, hosts, path, query);
    }

    private static HostAndPort hostAndPort(String text) {
        boolean bracketed = text.startsWith("[") && text.indexOf(']') > 0;
        int colon = bracketed ? text.indexOf(':', text.indexOf(']')) : text.indexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        require(!host.isEmpty(), "names no host");
        if (bracketed) {
            require(host.endsWith("]"), "has a malformed host");
            host = host.substring(1, host.length() - 1);
            require(host.indexOf(':') >= 0, "has a malformed host");
        }
        Integer port = colon < 0 ? null : Integer.valueOf(port(text.substring(colon + 1)));
        return new HostAndPort(host, port);
    }

    private static int port(String digits) {
        // What follows the colon may be the tail of a password with an unescaped @ or /: say so.
        require(digits.matches("[0-9]{1,5}"), "has a malformed port (in a user or password write / as %2F, @ as %40)");
        return Integer.parseInt(digits);
    }

    private static void query(String text, Map<String, String> into) {
        for (String parameter : text.isEmpty() ? new String[0] : text.split("&", -1)) {
            String[] pair = parameter.split("=", 2);
            require(pair.length == 2, "has a parameter without a value");
            require(into.put(decode(pair[0]), decode(pair[1])) == null, "has a parameter twice");
        }
    }

    /** The only host, or the first. */
    String host() {
        return hosts.get(0).host();
    }

    int portOr(int other) {
        return hosts.get(0).portOr(other);
    }

    static void require(boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("the URL " + expected);
        }
    }

    /** Strict: {@code %} and two digits, the bytes UTF-8. A plus is a plus. */
    private static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            require(high >= 0 && low >= 0, "has a % that is not followed by two hexadecimal digits; write % as %25");
            bytes.write(high << 4 | low);
            i += 2;
        }
        try {
            String decoded = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
            require(decoded.indexOf('\0') < 0, "has a %00");
            return decoded;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the URL has percent-encoded bytes that are not UTF-8", e);
        }
    }

    /** Everything but RFC 3986's unreserved characters is encoded. */
    static String encode(String text) {
        StringBuilder out = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = (b > 0 && Character.isLetterOrDigit(b)) || "-._~".indexOf(b) >= 0;
            if (plain) {
                out.append((char) b);
            } else {
                out.append('%').append(Character.toUpperCase(Character.forDigit(b >> 4 & 0xf, 16)));
                out.append(Character.toUpperCase(Character.forDigit(b & 0xf, 16)));
            }
        }
        return out.toString();
    }
}
