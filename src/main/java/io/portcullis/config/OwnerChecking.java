package io.portcullis.config;

import java.util.Locale;

/** Whether a client is let in only while the user who owns it is active, and how recently somebody must have said so. */
public enum OwnerChecking {
    /** Nobody asks. */
    OFF,
    /** The last answer serves for its time, and for the grace while nobody can be asked. */
    CACHED,
    /** An answer serves for the lease at most; then the User Service must answer. */
    STRICT;

    /**
     * Reads the configuration's word for it.
     *
     * @throws IllegalArgumentException naming those there are
     */
    static OwnerChecking parse(String text) {
        for (OwnerChecking checking : values()) {
            if (checking.toString().equals(text)) {
                return checking;
            }
        }
        throw new IllegalArgumentException("expected off, cached or strict");
    }

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
