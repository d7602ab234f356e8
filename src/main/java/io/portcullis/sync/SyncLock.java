package io.portcullis.sync;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.DistributedLock;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisFailure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.SqlClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One run at a time in all processes, by a lock in Redis. That alone cannot rule out a second one; what each writes names the lock's token, and
 * PostgreSQL refuses smaller ones. Used on the event loop of the cache's link.
 */
public final class SyncLock {

    /** So long nobody takes over from a process that was killed. */
    static final Duration TTL = Duration.ofSeconds(30);

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final long RETRY_MILLIS = 50;

    private final Vertx vertx;
    private final SqlClient sql;
    private final DistributedLock lock;

    public SyncLock(Vertx vertx, RedisCache cache, SqlClient sql) {
        this(vertx, cache, sql, TTL);
    }

    SyncLock(Vertx vertx, RedisCache cache, SqlClient sql, Duration ttl) {
        this.vertx = vertx;
        this.sql = sql;
        this.lock = new DistributedLock(vertx, cache, "sync", ttl, new SecureRandom());
    }

    /**
     * Runs it, with the lock.
     *
     * @param how starts the run with the token it is given, wherever it is to take place
     * @return as {@link SyncRun#run}; fails with {@link SyncException.Busy} where another one is under way, and with a
     *     {@link io.portcullis.cache.RedisFailure} where nobody can say
     */
    public Future<Batch> hold(SyncRun run, LongFunction<Future<Batch>> how) {
        return acquire(Deadline.in(LIMIT)).compose(held -> {
            if (held == null) {
                return busy();
            }
            held.lost().onSuccess(lost -> run.lose());
            // What cannot be given back ends with its time.
            return how.apply(held.token()).eventually(() -> held.release().otherwiseEmpty());
        });
    }

    /** A link connects when it is used first, and lets nobody wait for that. */
    private Future<DistributedLock.@Nullable Held> acquire(Deadline deadline) {
        return lock.tryAcquire(deadline)
                .recover(failure -> failure instanceof RedisFailure.Unavailable && !deadline.expired()
                        ? vertx.timer(RETRY_MILLIS, TimeUnit.MILLISECONDS).compose(later -> acquire(deadline))
                        : Future.failedFuture(failure));
    }

    private Future<Batch> busy() {
        return Batches.newest(sql, 1).transform(newest -> {
            String which = "";
            if (newest.succeeded() && !newest.result().isEmpty()) {
                Batch batch = newest.result().get(0);
                which = ": batch of " + batch.date() + " (" + batch.status() + "), "
                        + batch.counts().total() + " clients so far, last moved at "
                        + batch.updatedAt().toInstant();
            }
            return Future.failedFuture(new SyncException.Busy("another sync is under way" + which
                    + "; if its process was killed, the lock is free within " + TTL.toSeconds() + " s"));
        });
    }
}
