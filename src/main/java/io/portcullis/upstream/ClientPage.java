package io.portcullis.upstream;

import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some of the Admin Service's clients, in its order.
 *
 * @param items as they came; they are handed on and never changed
 * @param next the cursor of the next page; null after the last one
 */
public record ClientPage(List<JsonObject> items, @Nullable String next) {

    public ClientPage {
        items = List.copyOf(items);
    }
}
