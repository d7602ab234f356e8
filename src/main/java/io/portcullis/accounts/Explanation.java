package io.portcullis.accounts;

import io.portcullis.auth.Refusal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** The steps of a decision as they are gone through: the first that refuses decides, what comes behind it is not looked at. */
final class Explanation {

    private final JsonArray steps = new JsonArray();
    private @Nullable Refusal refusal;
    private @Nullable JsonObject client;

    /** Goes on where nothing stands against it. */
    Explanation step(String name, @Nullable Refusal against, String why) {
        if (refusal != null) {
            return add(name, "skipped", "decided already");
        }
        refusal = against;
        return add(name, against == null ? "passed" : "refused", why);
    }

    /** A step that is not part of this decision. */
    Explanation without(String name, String why) {
        return add(name, "skipped", why);
    }

    boolean isDecided() {
        return refusal != null;
    }

    /** The client that it comes to. */
    void of(JsonObject found) {
        client = found;
    }

    /** Null where it comes to none. */
    @Nullable
    JsonObject client() {
        return client;
    }

    private Explanation add(String name, String outcome, String why) {
        steps.add(new JsonObject().put("step", name).put("outcome", outcome).put("why", why));
        return this;
    }

    Reply reply() {
        Refusal against = refusal;
        return Reply.Done.of(new JsonObject()
                .put("decision", against == null ? "allowed" : "refused")
                .put("code", against == null ? null : against.code())
                .put("status", against == null ? 200 : against.status())
                .put("title", against == null ? null : against.title())
                .put("steps", steps));
    }
}
