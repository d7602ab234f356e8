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
    private final Map<Query, Flight> underWay = new HashMap<>();

    private record Flight(Future<Found> landing, Deadline deadline) {}

    SingleFlight(Lookup next) {
        this.next = next;
    }

    @Override
    public Future<Found> find(Query query, Deadline deadline) {
        Flight flight = underWay.get(query);
        if (flight == null) {
            return start(query, deadline);
        }
        // Who joined late has time left when the flight has not: it gets a flight of its own, and then an answer or a
        // failure of its own.
        return flight.landing()
                .recover(failure -> flight.deadline().expired() && !deadline.expired()
                        ? join(query, deadline)
                        : Future.failedFuture(failure));
    }

    private Future<Found> join(Query query, Deadline deadline) {
        Flight flight = underWay.get(query);
        return flight == null ? start(query, deadline) : flight.landing();
    }

    private Future<Found> start(Query query, Deadline deadline) {
        Promise<Found> promise = Promise.promise();
        underWay.put(query, new Flight(promise.future(), deadline));
        Future<Found> found;
        try {
            found = next.find(query, deadline);
        } catch (RuntimeException e) {
            found = Future.failedFuture(e);
        }
        found.onComplete(result -> {
            underWay.remove(query);
            promise.handle(result);
        });
        return promise.future();
    }
}
