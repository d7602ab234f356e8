package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A cache that never fails: where Redis does, a read is a miss and a write has not happened. For what can be computed again; not for what
 * must know, such as a lock or a limit. What it hid is counted. Use it on the event loop of its link.
 */
public final class FailOpenCache implements CacheOperations {

    private final CacheOperations cache;
    private final LongAdder hidden = new LongAdder();

    public FailOpenCache(CacheOperations cache) {
        this.cache = cache;
    }

    /** Failures that were answered as a miss or as nothing done. From any thread. */
    public long hidden() {
        return hidden.sum();
    }

    @Override
    public Future<@Nullable Buffer> get(RedisKey key, Deadline deadline) {
        return cache.get(key, deadline).recover(failure -> hide(failure).mapEmpty());
    }

    @Override
    public Future<Void> set(RedisKey key, Buffer value, Deadline deadline) {
        return cache.set(key, value, deadline).recover(this::hide);
    }

    @Override
    public Future<Void> set(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
        return cache.set(key, value, ttlMillis, deadline).recover(this::hide);
    }

    @Override
    public Future<Boolean> setIfAbsent(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
        return cache.setIfAbsent(key, value, ttlMillis, deadline)
                .recover(failure -> hide(failure).map(false));
    }

    @Override
    public Future<Long> delete(List<RedisKey> keys, Deadline deadline) {
        return cache.delete(keys, deadline).recover(failure -> hide(failure).map(0L));
    }

    @Override
    public Future<Boolean> exists(RedisKey key, Deadline deadline) {
        return cache.exists(key, deadline).recover(failure -> hide(failure).map(false));
    }

    @Override
    public Future<Boolean> refreshTtl(RedisKey key, long ttlMillis, Deadline deadline) {
        return cache.refreshTtl(key, ttlMillis, deadline)
                .recover(failure -> hide(failure).map(false));
    }

    /** Only Redis' own failures: a defect of ours stays one. */
    private Future<Void> hide(Throwable failure) {
        if (!(failure instanceof RedisFailure)) {
            return Future.failedFuture(failure);
        }
        hidden.increment();
        return Future.succeededFuture();
    }
}
