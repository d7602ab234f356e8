package io.portcullis.auth;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header in which proxies say for whom they call ({@code auth.forwarded-header}). One of the two and never both: a proxy appends to the
 * one it knows, and passes on what the caller wrote into the other.
 */
public enum ForwardedHeader {
    /** {@code X-Forwarded-For: client, proxy, proxy} */
    X_FORWARDED_FOR("x-forwarded-for", "X-Forwarded-For") {
        @Override
        List<String> nearest(String line, int most) {
            List<String> nodes = new ArrayList<>();
            int end = line.length();
            while (end >= 0 && nodes.size() < most) {
                int comma = end == 0 ? -1 : line.lastIndexOf(',', end - 1);
                String node = line.substring(comma + 1, end).trim();
                if (!node.isEmpty()) {
                    nodes.add(node);
                }
                end = comma;
            }
            return nodes;
        }
    },
    /** {@code Forwarded: for=client;proto=https, for=proxy} (RFC 7239) */
    FORWARDED("forwarded", "Forwarded") {
        @Override
        @Nullable
        List<String> nearest(String line, int most) {
            return ForwardedElements.nearest(line, most);
        }
    };

    private final String text;
    private final String header;

    ForwardedHeader(String text, String header) {
        this.text = text;
        this.header = header;
    }

    /**
     * Reads the configuration's word for it.
     *
     * @throws IllegalArgumentException naming those there are
     */
    public static ForwardedHeader parse(String text) {
        for (ForwardedHeader header : values()) {
            if (header.text.equals(text)) {
                return header;
            }
        }
        throw new IllegalArgumentException("expected x-forwarded-for or forwarded");
    }

    /** Its name in a request. */
    public String header() {
        return header;
    }

    /** The last so many nodes that a line names, the last first; null where the line cannot be read. */
    abstract @Nullable List<String> nearest(String line, int most);

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return text;
    }
}
