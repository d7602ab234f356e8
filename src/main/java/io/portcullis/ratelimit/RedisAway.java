package io.portcullis.ratelimit;

import java.util.Locale;

/** What becomes of a limit while Redis cannot be asked. */
public enum RedisAway {
    /** Each node goes on by its share: the limit divided by the nodes there were. */
    LOCAL,
    /** Nobody is admitted: 503. */
    CLOSED;

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
