package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** A place that keeps values for the next who asks. What of them still counts is for it to know. Futures complete by the deadline. */
public interface Tier<K, V> {

    /** The value that counts; null for none. One that fails is none. */
    Future<@Nullable V> get(K key, Deadline deadline);

    /** Keeps it. Fails where that is not certain. */
    Future<?> put(V value, Deadline deadline);
}
