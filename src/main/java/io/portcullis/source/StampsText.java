package io.portcullis.source;

import io.vertx.core.json.JsonArray;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stamps as a row keeps them: a list of {@code [version, microseconds, id, [fields]]}, each stamp once, as one record stamps many fields. The
 * stamp of the last lowering stands there under a name of its own.
 */
final class StampsText {

    private static final String LOWERED = "lowered";

    private StampsText() {}

    static JsonArray write(Map<Field, Stamp> stamps, @Nullable Stamp lowered) {
        Map<Stamp, JsonArray> named = new LinkedHashMap<>();
        stamps.forEach((field, stamp) ->
                named.computeIfAbsent(stamp, first -> new JsonArray()).add(field.text()));
        if (lowered != null) {
            named.computeIfAbsent(lowered, first -> new JsonArray()).add(LOWERED);
        }
        JsonArray list = new JsonArray();
        named.forEach((stamp, names) -> list.add(new JsonArray()
                .add(stamp.version())
                .add(stamp.occurredAtMicros())
                .add(stamp.id())
                .add(names)));
        return list;
    }

    /** Fields that this build does not know are left out: a newer one has written them. */
    static Map<Field, Stamp> fields(JsonArray list) {
        Map<Field, Stamp> stamps = new EnumMap<>(Field.class);
        for (int i = 0; i < list.size(); i++) {
            JsonArray entry = list.getJsonArray(i);
            for (Field field : Field.all()) {
                if (entry.getJsonArray(3).contains(field.text())) {
                    stamps.put(field, stamp(entry));
                }
            }
        }
        return stamps;
    }

    static @Nullable Stamp lowered(JsonArray list) {
        for (int i = 0; i < list.size(); i++) {
            JsonArray entry = list.getJsonArray(i);
            if (entry.getJsonArray(3).contains(LOWERED)) {
                return stamp(entry);
            }
        }
        return null;
    }

    private static Stamp stamp(JsonArray entry) {
        return new Stamp(entry.getLong(0), entry.getLong(1), entry.getString(2));
    }
}
