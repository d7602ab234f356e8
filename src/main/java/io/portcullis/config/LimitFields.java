package io.portcullis.config;

import java.util.Locale;

/** Which header fields say how limits stand. {@code Retry-After} is always there where a request is refused. */
public enum LimitFields {
    /** {@code RateLimit} and {@code RateLimit-Policy} of the IETF's draft. */
    IETF,
    /** Those, and {@code X-RateLimit-Limit}, {@code -Remaining} and {@code -Reset}. */
    BOTH,
    NONE;

    /**
     * Reads the configuration's word for it.
     *
     * @throws IllegalArgumentException naming those there are
     */
    static LimitFields parse(String text) {
        for (LimitFields fields : values()) {
            if (fields.toString().equals(text)) {
                return fields;
            }
        }
        throw new IllegalArgumentException("expected ietf, both or none");
    }

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
