package io.portcullis.auth;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one line of {@code Forwarded} (RFC 7239 §4): elements divided by commas, pairs divided by semicolons, values that may be quoted. It
 * is strict where lenience would let a caller's half-open quote swallow what a proxy appended: the whole line then counts as unreadable.
 */
final class ForwardedElements {

    private static final String UNKNOWN = "unknown";

    private final String line;
    private final List<String> nodes = new ArrayList<>();
    private int at;

    private ForwardedElements(String line) {
        this.line = line;
    }

    /** The {@code for} of the last so many elements, the last first, {@code unknown} for one without; null where the line is malformed. */
    static @Nullable List<String> nearest(String line, int most) {
        ForwardedElements elements = new ForwardedElements(line);
        if (!elements.read()) {
            return null;
        }
        List<String> all = elements.nodes;
        List<String> nearest = new ArrayList<>(all.subList(Math.max(0, all.size() - most), all.size()));
        Collections.reverse(nearest);
        return nearest;
    }

    private boolean read() {
        while (at < line.length()) {
            skipBlanks();
            if (at == line.length()) {
                return true;
            }
            if (line.charAt(at) == ',') {
                // An empty element of a list is none (RFC 9110 §5.6.1).
                at++;
                continue;
            }
            if (!element()) {
                return false;
            }
        }
        return true;
    }

    /** Up to and with the comma behind it. */
    private boolean element() {
        String node = null;
        while (true) {
            skipBlanks();
            String name = until("=;,\"");
            if (at < line.length() && line.charAt(at) == '=') {
                at++;
                String value = at < line.length() && line.charAt(at) == '"' ? quoted() : until(";,\"= \t");
                if (value == null) {
                    return false;
                }
                if (name.equalsIgnoreCase("for")) {
                    if (node != null) {
                        return false;
                    }
                    node = value;
                }
            } else if (!name.isBlank()) {
                return false;
            }
            skipBlanks();
            if (at == line.length() || line.charAt(at) == ',') {
                at++;
                nodes.add(node == null ? UNKNOWN : node);
                return true;
            }
            if (line.charAt(at) != ';') {
                return false;
            }
            at++;
        }
    }

    private String until(String ends) {
        int from = at;
        while (at < line.length() && ends.indexOf(line.charAt(at)) < 0) {
            at++;
        }
        return line.substring(from, at);
    }

    /** A quoted string with its quoted pairs resolved (RFC 9110 §5.6.4); null where it does not end. */
    private @Nullable String quoted() {
        StringBuilder value = new StringBuilder();
        for (at++; at < line.length(); at++) {
            char c = line.charAt(at);
            if (c == '"') {
                at++;
                return value.toString();
            }
            if (c == '\\' && ++at == line.length()) {
                return null;
            }
            value.append(line.charAt(at));
        }
        return null;
    }

    private void skipBlanks() {
        while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
            at++;
        }
    }
}
