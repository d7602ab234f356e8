package io.portcullis.auth;

import org.jspecify.annotations.Nullable;

/** Where a client is in its life: registered, approved or rejected, suspended and back, revoked for good. */
public enum ClientStatus {
    PENDING,
    ACTIVE,
    SUSPENDED,
    REVOKED,
    REJECTED;

    /** Whether a client may go from this status to the next. Rejected and revoked are final; staying is no step and always legal. */
    public boolean mayBecome(ClientStatus next) {
        return next == this
                || switch (this) {
                    case PENDING -> next == ACTIVE || next == REJECTED || next == REVOKED;
                    case ACTIVE -> next == SUSPENDED || next == REVOKED;
                    case SUSPENDED -> next == ACTIVE || next == REVOKED;
                    case REVOKED, REJECTED -> false;
                };
    }

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
