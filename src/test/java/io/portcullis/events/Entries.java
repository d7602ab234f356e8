package io.portcullis.events;

import io.portcullis.cache.StreamEntry;
import io.portcullis.cache.StreamEntry.Field;
import io.portcullis.cache.StreamId;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Entries as the Admin Service writes them, to be spoilt. */
final class Entries {

    static final String SECRET = "sha256:5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99";

    private Entries() {}

    static String clientId(int number) {
        return new UUID(0x4000L, 0x8000000000000000L + number).toString();
    }

    static JsonObject payload(int number) {
        return new JsonObject()
                .put("client_id", clientId(number))
                .put("client_code", "client-" + number)
                .put("client_secret_hash", SECRET)
                .put("bap_id", "bap-" + number + ".example")
                .put("bap_uri", "https://bap.example/" + number)
                .put("rate_limit", 100)
                .put("status", "ACTIVE");
    }

    /** One that can be applied. */
    static List<Field> valid(String eventId, int number) {
        return fields("client.created", eventId, payload(number).encode());
    }

    static List<Field> fields(String type, String eventId, String payload) {
        return new ArrayList<>(List.of(
                Field.of("event_id", eventId),
                Field.of("event_type", type),
                Field.of("occurred_at", "2026-01-31T12:00:00.123456Z"),
                Field.of("version", "7"),
                Field.of("payload", payload)));
    }

    /** With another value in that field; without it for null. */
    static List<Field> with(List<Field> fields, String name, Buffer value) {
        List<Field> changed = new ArrayList<>(fields);
        changed.replaceAll(field -> field.name().toString().equals(name) ? new Field(field.name(), value) : field);
        return changed;
    }

    static List<Field> without(List<Field> fields, String name) {
        return fields.stream()
                .filter(field -> !field.name().toString().equals(name))
                .toList();
    }

    static StreamEntry entry(List<Field> fields) {
        return new StreamEntry(new StreamId(1, 1), fields);
    }
}
