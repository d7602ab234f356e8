package io.portcullis.accounts;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What a client is found by, beside its keys.
 *
 * @param ownerUserId null where it has no owner
 */
public record Account(String clientId, @Nullable String ownerUserId) {

    /** The client that a change is answered with; null where nothing was changed. */
    static @Nullable Account of(Answered answered) {
        if (!(answered.reply() instanceof Reply.Done done) || answered.replayed()) {
            return null;
        }
        JsonObject client = done.body();
        return new Account(client.getString("client_id"), client.getString("owner_user_id"));
    }
}
