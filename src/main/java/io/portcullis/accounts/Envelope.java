package io.portcullis.accounts;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** What is kept of an answer: {@code {is_error, value, error}}, and no secret. */
final class Envelope {

    /** Where a secret is shown, at the top of a body or in one of its keys. */
    private static final String[] SECRETS = {"key", "token"};

    private Envelope() {}

    static String of(Reply reply) {
        JsonObject envelope = new JsonObject().put("is_error", reply instanceof Reply.Refused);
        if (reply instanceof Reply.Refused refused) {
            Refusal refusal = refused.refusal();
            envelope.put("value", null)
                    .put(
                            "error",
                            new JsonObject()
                                    .put("code", refusal.reason().code())
                                    .put("status", refusal.reason().status())
                                    .put("detail", refusal.detail())
                                    .put("members", refusal.members()));
        } else {
            Reply.Done done = (Reply.Done) reply;
            envelope.put(
                            "value",
                            new JsonObject()
                                    .put("created", done.created())
                                    .put("location", done.location())
                                    .put("version", done.version())
                                    .put("body", withoutSecrets(done.body())))
                    .put("error", null);
        }
        return envelope.encode();
    }

    static Reply read(String text) {
        JsonObject envelope = new JsonObject(text);
        if (envelope.getBoolean("is_error")) {
            JsonObject error = envelope.getJsonObject("error");
            return new Reply.Refused(new Refusal(
                    Refusal.Reason.ofCode(error.getInteger("code"), error.getInteger("status")),
                    error.getString("detail"),
                    error.getJsonObject("members")));
        }
        JsonObject value = envelope.getJsonObject("value");
        return new Reply.Done(
                value.getBoolean("created"),
                value.getJsonObject("body"),
                value.getString("location"),
                value.getLong("version"));
    }

    private static JsonObject withoutSecrets(JsonObject body) {
        JsonObject kept = body.copy();
        hide(kept);
        if (kept.getValue("keys") instanceof JsonArray keys) {
            keys.forEach(key -> hide((JsonObject) key));
        }
        return kept;
    }

    private static void hide(JsonObject document) {
        for (String name : SECRETS) {
            if (document.remove(name) != null) {
                document.put("already_shown", true);
            }
        }
    }
}
