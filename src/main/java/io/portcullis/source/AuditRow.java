package io.portcullis.source;

import io.portcullis.auth.ClientStatus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the audit says of something that was taken from the source. */
final class AuditRow {

    /** Of one value. */
    private static final int LONGEST = 2048;

    private AuditRow() {}

    static JsonObject of(
            String action,
            ClientState client,
            Merge.Taken taken,
            @Nullable String cid,
            String correlationId,
            JsonObject payload) {
        payload.put("outcome", taken.outcome().name().toLowerCase(Locale.ROOT));
        if (!taken.changes().isEmpty()) {
            JsonObject changed = new JsonObject();
            taken.changes()
                    .forEach((field, change) -> changed.put(
                            field.text(),
                            new JsonObject()
                                    .put("from", shown(field, change.from()))
                                    .put("to", shown(field, change.to()))));
            payload.put("changed", changed);
        }
        if (taken.held() != null) {
            payload.put("held", taken.held().name());
        }
        return new JsonObject()
                .put("action", action)
                .put("tenant_id", client.values().get(Field.TENANT_ID))
                .put("key", client.clientId())
                .put("cid", cid)
                .put("correlation_id", correlationId)
                .put("payload", payload);
    }

    /** As people may see it: a secret's hash is nobody's business here either. */
    static @Nullable Object shown(Field field, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        if (field == Field.SECRET_HASH) {
            return "***";
        }
        if (value instanceof Networks networks) {
            return new JsonArray(networks.texts());
        }
        if (value instanceof ClientStatus status) {
            return status.name();
        }
        if (value instanceof Integer) {
            return value;
        }
        String text = value.toString();
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
