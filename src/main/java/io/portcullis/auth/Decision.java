package io.portcullis.auth;

import org.jspecify.annotations.Nullable;

/** Who is calling and whether he may. A refusal is a value; a failure of ours is never one. */
public sealed interface Decision {

    /**
     * @param client proven and active
     * @param key the key that proved it, null for the client's own secret
     * @param stale decided by records that nothing could confirm within the lease
     * @param record what holds the client
     */
    record Allowed(Client client, @Nullable ClientKey key, boolean stale, Attachable record) implements Decision {

        /** By a record that nobody holds. */
        public Allowed(Client client, @Nullable ClientKey key, boolean stale) {
            this(client, key, stale, Attachable.NOTHING);
        }
    }

    /** One of a closed list of reasons. */
    record Denied(Refusal refusal) implements Decision {}
}
