package io.portcullis.upstream;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Admin Service's HTTP API, as far as we ask it. An answer of another shape than it promises is a failure of the service and never read
 * as well as may be: a page cut short must not pass for the last one. All fails with {@link UpstreamException}; on {@link Upstream}'s event
 * loop.
 */
final class AdminService {

    private final Upstream upstream;

    AdminService(Upstream upstream) {
        this.upstream = upstream;
    }

    /**
     * A page of all clients: {@code GET /clients?cursor=&limit=}.
     *
     * @param cursor {@code next} of the page before; null for the first one
     * @param limit most items on it
     */
    Future<ClientPage> clients(@Nullable String cursor, int limit, Deadline deadline) {
        String target = "/clients?limit=" + limit + (cursor == null ? "" : "&cursor=" + PathSegment.encoded(cursor));
        return upstream.get(target, deadline, answer -> page(answer, cursor));
    }

    /** One client, or none where the service knows of none: {@code GET /clients/{id}}. */
    Future<Optional<JsonObject>> client(String id, Deadline deadline) {
        // A path would have a meaning with these that is not "the client of that id"; no client has one of them.
        if (id.isEmpty() || id.equals(".") || id.equals("..")) {
            return Future.succeededFuture(Optional.empty());
        }
        return upstream.get("/clients/" + PathSegment.encoded(id), deadline, answer -> client(answer, id));
    }

    /** Succeeds where the service says that it is well: {@code GET /health} with any 2xx. */
    Future<Void> health(Deadline deadline) {
        return upstream.<Boolean>get("/health", deadline, answer -> {
                    answer.requireSuccess();
                    return true;
                })
                .mapEmpty();
    }

    private static ClientPage page(Answer answer, @Nullable String cursor) throws UpstreamException {
        JsonObject page = answer.json();
        if (!(page.getValue("items") instanceof JsonArray values)) {
            throw answer.malformed("items is no array");
        }
        List<JsonObject> items = new ArrayList<>(values.size());
        for (Object value : values) {
            if (!(value instanceof JsonObject item)) {
                throw answer.malformed("an item is no object");
            }
            items.add(item);
        }
        return new ClientPage(items, next(answer, page, cursor));
    }

    private static @Nullable String next(Answer answer, JsonObject page, @Nullable String cursor)
            throws UpstreamException {
        Object next = page.getValue("next");
        if (next == null) {
            return null;
        }
        if (!(next instanceof String text)) {
            throw answer.malformed("next is no text");
        }
        // Who follows them would be back at the first page, or at this one, for ever.
        if (text.isEmpty() || text.equals(cursor)) {
            throw answer.malformed("next leads nowhere");
        }
        return text;
    }

    private static Optional<JsonObject> client(Answer answer, String id) throws UpstreamException {
        if (answer.isNotFound()) {
            return Optional.empty();
        }
        JsonObject client = answer.json();
        if (!(client.getValue("client_id") instanceof String found) || !found.equalsIgnoreCase(id)) {
            throw answer.malformed("another client than was asked for");
        }
        return Optional.of(client);
    }
}
