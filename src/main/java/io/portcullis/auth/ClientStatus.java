package io.portcullis.auth;

import org.jspecify.annotations.Nullable;

/** Where a client is in its life: registered, approved or rejected, suspended and back, revoked for good. */
public enum ClientStatus {
    PENDING,
    ACTIVE,
    SUSPENDED,
    REVOKED,
    REJECTED;

    /** The status of that name, or null where there is none: rows are written by others, too. */
    public static @Nullable ClientStatus of(@Nullable String name) {
        for (ClientStatus status : values()) {
            if (status.name().equals(name)) {
                return status;
            }
        }
        return null;
    }
}
