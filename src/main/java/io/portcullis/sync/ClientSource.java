package io.portcullis.sync;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who else has the clients, and is asked for all of them. */
@FunctionalInterface
public interface ClientSource {

    /**
     * Some clients, in an order that stays.
     *
     * @param items as the source has them now, whatever their shape
     * @param next the cursor of the next page; null after the last one
     */
    record Page(List<JsonObject> items, @Nullable String next) {

        public Page {
            items = List.copyOf(items);
        }
    }

    /**
     * A page. Whatever it fails with may pass: it is asked for again.
     *
     * @param cursor of the page; null for the first one
     * @param limit most items on it
     */
    Future<Page> page(@Nullable String cursor, int limit, Deadline deadline);
}
