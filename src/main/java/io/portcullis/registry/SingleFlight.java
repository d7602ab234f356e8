package io.portcullis.registry;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;

/**
 * One look-up of a question under way at a time: who asks meanwhile gets the same answer. A thousand requests with a key that no tier
 * holds are one query.
 *
 * <p>Belongs to one event loop; each question has its own shard, so that one flight here is one flight in the process.
 */
final class SingleFlight implements Lookup {

    private final Lookup next;
    private final Map<Query, Future<Found>> underWay = new HashMap<>();

    SingleFlight(Lookup next) {
        this.next = next;
    }

    @Override
    public Future<Found> find(Query query, Deadline deadline) {
        Future<Found> flight = underWay.get(query);
        if (flight != null) {
            return flight;
        }
        Promise<Found> promise = Promise.promise();
        underWay.put(query, promise.future());
        next.find(query, deadline).onComplete(result -> {
            underWay.remove(query);
            promise.handle(result);
        });
        return promise.future();
    }
}
