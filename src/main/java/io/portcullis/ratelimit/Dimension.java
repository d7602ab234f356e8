package io.portcullis.ratelimit;

import java.util.Locale;

/** What requests are told apart by. */
public enum Dimension {
    /** The calling address; of IPv6 the first 64 bits, which one subscriber has to himself (RFC 6177). */
    IP,
    CLIENT,
    KEY,
    TENANT;

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
