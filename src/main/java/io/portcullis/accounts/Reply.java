package io.portcullis.accounts;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** What came of a question to this room. */
public sealed interface Reply {

    /**
     * Done.
     *
     * @param created whether something is there that was not
     * @param body what is answered; belongs to the caller
     * @param location of what was created, behind {@code /admin/v1}; null where nothing was
     * @param version of the client that the body shows; null where it shows none
     */
    record Done(
            boolean created,
            JsonObject body,
            @Nullable String location,
            @Nullable Long version) implements Reply {

        /** With nothing beside it. */
        public static Done of(JsonObject body) {
            return new Done(false, body, null, null);
        }

        /** A client's own document. */
        static Done ofClient(JsonObject client) {
            return new Done(false, client, null, client.getLong("version"));
        }
    }

    /** Not done. */
    record Refused(Refusal refusal) implements Reply {}

    /** Not done. */
    public static Reply refused(Refusal refusal) {
        return new Refused(refusal);
    }
}
