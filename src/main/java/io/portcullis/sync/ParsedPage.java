package io.portcullis.sync;

import io.portcullis.source.SourceFault;
import io.portcullis.source.SourceItem;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A page as its items can be read.
 *
 * @param items each client once, in the order of their ids: of several items of one client the newest
 * @param faults why an item is no client's record, by the client's id
 * @param nameless how many there are that do not even say of which client, by why
 */
record ParsedPage(List<SourceItem> items, Map<String, String> faults, Map<String, Integer> nameless) {

    static ParsedPage of(List<JsonObject> page) {
        Map<String, SourceItem> items = new TreeMap<>();
        Map<String, String> faults = new TreeMap<>();
        Map<String, Integer> nameless = new HashMap<>();
        for (JsonObject json : page) {
            try {
                SourceItem item = SourceItem.of(json);
                items.merge(item.record().clientId(), item, ParsedPage::newer);
            } catch (SourceFault fault) {
                String id = id(json.getValue("client_id"));
                if (id == null) {
                    nameless.merge(fault.reason(), 1, Integer::sum);
                } else {
                    faults.put(id, fault.reason());
                }
            }
        }
        faults.keySet().removeAll(items.keySet());
        return new ParsedPage(new ArrayList<>(items.values()), faults, nameless);
    }

    private static SourceItem newer(SourceItem one, SourceItem other) {
        if (one.version() != other.version()) {
            return one.version() > other.version() ? one : other;
        }
        Instant first = one.updatedAt();
        Instant second = other.updatedAt();
        return first != null && (second == null || first.isAfter(second)) ? one : other;
    }

    private static @Nullable String id(@Nullable Object value) {
        if (!(value instanceof String text) || text.length() != 36) {
            return null;
        }
        try {
            // It takes shorter groups of digits, too.
            String id = UUID.fromString(text).toString();
            return id.equalsIgnoreCase(text) ? id : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    int faulty() {
        return faults.size()
                + nameless.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** All that are counted. */
    int size() {
        return items.size() + faulty();
    }
}
