package io.portcullis.source;

import io.portcullis.auth.ClientStatus;
import org.jspecify.annotations.Nullable;

/** What may happen to a client at the source, by the name that its events have. */
public enum EventType {
    CREATED("client.created", null),
    UPDATED("client.updated", null),
    API_KEY_ROTATED("client.api_key_rotated", null),
    /** Says the status, and nothing else counts of it. */
    SUSPENDED("client.suspended", ClientStatus.SUSPENDED),
    /** As {@link #SUSPENDED}. */
    REVOKED("client.revoked", ClientStatus.REVOKED);

    private final String text;
    private final @Nullable ClientStatus status;

    EventType(String text, @Nullable ClientStatus status) {
        this.text = text;
        this.status = status;
    }

    /** The type of that name; null where there is none. */
    public static @Nullable EventType of(String name) {
        for (EventType type : values()) {
            if (type.text.equals(name)) {
                return type;
            }
        }
        return null;
    }

    /** The status that it sets whatever its payload says; null for one that carries fields. */
    @Nullable
    ClientStatus status() {
        return status;
    }

    /** Its name, as {@code client.created}. */
    @Override
    public String toString() {
        return text;
    }
}
