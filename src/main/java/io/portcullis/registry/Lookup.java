package io.portcullis.registry;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;

/** A tier of the ladder. Each tier asks the next one for what it does not have. */
@FunctionalInterface
interface Lookup {

    /** Finds, or finds that there is none. A failed future means that nobody knows; it completes by the deadline. */
    Future<Found> find(Query query, Deadline deadline);
}
