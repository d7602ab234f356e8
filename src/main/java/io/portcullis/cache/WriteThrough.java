package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Write-through: what the store has taken is in the cache before the writer is answered, so that the first who asks finds it. For what will
 * be asked for soon. The cache keeps what the store has made of it, with the version and the position that it has there, of which the writer
 * knows nothing: it is read back.
 *
 * <p>What is written is written: where the cache cannot be told, the names are dropped if that can be done, and the writer's answer is the
 * same.
 *
 * @param <W> what the store answers
 * @param <N> names of what was written
 */
public final class WriteThrough<W, N> {

    private final Kept<N> kept;
    private final Duration limit;
    private final Runnable failed;

    /**
     * Before that cache.
     *
     * @param limit how long the writer's answer may wait for it, for each of the two attempts
     * @param failed told of each write that the cache did not keep
     */
    public WriteThrough(Kept<N> kept, Duration limit, Runnable failed) {
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
            if (what == null) {
                return Future.succeededFuture(written);
            }
            return kept.renew(what, Deadline.in(limit))
                    .transform(done -> {
                        if (done.succeeded()) {
                            return Future.succeededFuture();
                        }
                        failed.run();
                        return kept.drop(what, Deadline.in(limit)).otherwiseEmpty();
                    })
                    .map(written);
        });
    }
}
