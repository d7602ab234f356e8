package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;

/** Where cached values come from. */
@FunctionalInterface
public interface Source<K, V> {

    /** The value as it is now. Completes by the deadline. */
    Future<V> read(K key, Deadline deadline);
}
