package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Write-around: the store is written, and what the cache has of it is dropped before the writer is answered; who asks next fills it. For what
 * changes more often than it is asked for in between.
 *
 * <p>What is written is written: where the cache cannot be told, the writer's answer is the same. So a cache whose values nobody else judges
 * must not be used with it.
 *
 * @param <W> what the store answers
 * @param <N> names of what was written
 */
public final class WriteAround<W, N> {

    private final Kept<N> kept;
    private final Duration limit;
    private final Runnable failed;

    /**
     * Before that cache.
     *
     * @param limit how long the writer's answer may wait for it
     * @param failed told of each write that the cache did not hear of
     */
    public WriteAround(Kept<N> kept, Duration limit, Runnable failed) {
        this.kept = kept;
        this.limit = limit;
        this.failed = failed;
    }

    /**
     * Writes.
     *
     * @param names of what was written; null where nothing was
     */
    public Future<W> write(Supplier<Future<W>> store, Function<W, @Nullable N> names) {
        return store.get().compose(written -> {
            N what = names.apply(written);
            return what == null
                    ? Future.succeededFuture(written)
                    : kept.drop(what, Deadline.in(limit))
                            .onFailure(failure -> failed.run())
                            .transform(done -> Future.succeededFuture(written));
        });
    }
}
