package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can be asked of a cache that is shared: by key, each entry with its own time. Use it on the event loop of its link. */
public interface CacheOperations {

    /** The value, or null when there is none. The buffer is the caller's own. */
    Future<@Nullable Buffer> get(RedisKey key, Deadline deadline);

    /** Sets the value for the time that this cache has for it, whatever was there before. */
    Future<Void> set(RedisKey key, Buffer value, Deadline deadline);

    /**
     * Sets the value, whatever was there before.
     *
     * @param ttlMillis at least 1
     */
    Future<Void> set(RedisKey key, Buffer value, long ttlMillis, Deadline deadline);

    /**
     * Sets the value if there is none; whether it did.
     *
     * @param ttlMillis at least 1
     */
    Future<Boolean> setIfAbsent(RedisKey key, Buffer value, long ttlMillis, Deadline deadline);

    /** How many of the keys there were. */
    Future<Long> delete(List<RedisKey> keys, Deadline deadline);

    /** Whether there is a value. */
    Future<Boolean> exists(RedisKey key, Deadline deadline);

    /**
     * Gives what is there another time from now on; whether there was something.
     *
     * @param ttlMillis at least 1
     */
    Future<Boolean> refreshTtl(RedisKey key, long ttlMillis, Deadline deadline);
}
