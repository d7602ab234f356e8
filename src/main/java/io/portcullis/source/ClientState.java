package io.portcullis.source;

import io.portcullis.auth.ClientStatus;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client as it is here, and what the source has said of it so far.
 *
 * @param known whether there is a row of it
 * @param values of every field, null where there is none
 * @param said what the source has said; nothing, for one that it never spoke of
 */
record ClientState(String clientId, boolean known, Map<Field, @Nullable Object> values, Said said) {

    /**
     * What the source has said.
     *
     * @param status the last that was neither SUSPENDED nor REVOKED; null for none
     * @param secretHash the last one; null for none
     * @param stamps for each field when; for the status, that of {@code status}
     * @param lowered when it last said SUSPENDED or REVOKED; null for never
     */
    record Said(
            @Nullable ClientStatus status,
            @Nullable String secretHash,
            Map<Field, Stamp> stamps,
            @Nullable Stamp lowered) {

        static final Said NOTHING = new Said(null, null, Map.of(), null);
    }

    static ClientState unknown(String clientId) {
        return new ClientState(
                clientId,
                false,
                Map.of(Field.STATUS, ClientStatus.PENDING, Field.ALLOWED_IPS, Networks.ANY),
                Said.NOTHING);
    }

    /** Null for a status that this build does not know. */
    @Nullable
    ClientStatus status() {
        return (ClientStatus) values.get(Field.STATUS);
    }
}
