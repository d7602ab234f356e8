package io.portcullis.sync;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.bus.BusCall;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.sync.Batch.Status;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says when the registry is compared with the source, and has it done: of all processes one, on a thread of its own. Each asks PostgreSQL once a
 * minute whether a run is due ({@link Due}), each at another second. Owns one Redis link. Also says what is known of a client's content id.
 */
public final class SyncVerticle extends VerticleBase {

    /** What the last comparison said of the client of that id; nothing where it was never compared. Fails with what the driver says. */
    public static final BusCall<CidQuestion, Optional<CidEntry>> CID = BusCall.of("sync.cid");

    /** @param clientId a UUID in canonical text */
    public record CidQuestion(String clientId) {}

    /**
     * When.
     *
     * @param at time of day in UTC
     * @param firstStart whether a registry without clients is filled at once
     */
    public record Schedule(LocalTime at, boolean firstStart) {}

    /**
     * What it works with.
     *
     * @param source may be asked on any thread
     * @param lookups for what is a point query
     * @param transactions for the comparison; one connection at a time
     * @param redisMeters of the cache of content ids
     * @param pageSize clients on a page
     */
    public record Parts(
            ClientSource source,
            SqlClient lookups,
            Pool transactions,
            RedisLinks redis,
            String redisPrefix,
            RedisMeters redisMeters,
            Schedule schedule,
            int pageSize,
            Clock clock,
            MeterRegistry meters) {}

    private static final Logger log = LoggerFactory.getLogger(SyncVerticle.class);

    private static final long FIRST_ASK_MILLIS = 2_000;
    private static final long ASK_EVERY_MILLIS = 60_000;
    private static final Duration ASK_LIMIT = Duration.ofSeconds(10);

    /** A service that is restarted is back by then. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
    private static final Duration CACHE_TTL = Duration.ofDays(1);

    private final Parts parts;
    private final SyncMeters meters;
    private @Nullable RedisLink link;
    private @Nullable SyncLock lock;
    private @Nullable Cids cids;
    private @Nullable SyncRun running;
    private Future<?> work = Future.succeededFuture();
    private boolean stopping;

    public SyncVerticle(Parts parts) {
        this.parts = parts;
        this.meters = new SyncMeters(parts.meters());
    }

    @Override
    public Future<?> start() {
        RedisLink redis = parts.redis().open(vertx);
        link = redis;
        // The lock is not among the cache's own hits and misses.
        RedisCache cache = new RedisCache(redis, parts.redisPrefix(), CACHE_TTL, RedisMeters.none());
        lock = new SyncLock(vertx, cache, parts.lookups());
        Cids known =
                new Cids(parts.lookups(), new RedisCache(redis, parts.redisPrefix(), CACHE_TTL, parts.redisMeters()));
        cids = known;
        CID.serve(vertx, (question, deadline) -> known.find(question.clientId(), deadline));
        // A process that starts asks soon, and not all that start together at once.
        vertx.setTimer(1 + ThreadLocalRandom.current().nextLong(FIRST_ASK_MILLIS), soon -> ask());
        vertx.setPeriodic(1 + ThreadLocalRandom.current().nextLong(ASK_EVERY_MILLIS), ASK_EVERY_MILLIS, tick -> ask());
        return Future.succeededFuture();
    }

    /** Ends a run at the end of its page; another process, or the next start, goes on with it. */
    @Override
    public Future<?> stop() {
        stopping = true;
        SyncRun run = running;
        if (run != null) {
            run.interrupt();
        }
        RedisLink redis = link;
        return work.timeout(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .otherwiseEmpty()
                .eventually(() -> redis == null ? Future.succeededFuture() : redis.close());
    }

    private void ask() {
        if (stopping || !work.isComplete()) {
            return;
        }
        work = parts.lookups()
                .query(Due.SQL)
                .execute()
                .timeout(ASK_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .compose(rows -> asked(rows.iterator().next()))
                .onFailure(failure -> log.warn("event=sync.unasked reason=\"{}\"", Patience.text(failure)));
    }

    private Future<Void> asked(Row row) {
        Double completed = row.getDouble("completed");
        meters.last(completed == null ? Double.NaN : completed, row.getLong("absent"));
        String status = row.getString("status");
        Due due = new Due(
                row.getLocalTime("now"),
                status == null ? null : Status.valueOf(status),
                row.getBoolean("idle"),
                row.getBoolean("is_empty"));
        return due.is(parts.schedule()) && !stopping ? run() : Future.succeededFuture();
    }

    private Future<Void> run() {
        SyncLock held = Objects.requireNonNull(lock);
        OffLoop worker = new OffLoop(vertx);
        SyncRun run = new SyncRun(
                vertx,
                parts.transactions(),
                parts.source(),
                new SyncRun.Settings(parts.pageSize(), PATIENCE, false, false),
                Objects.requireNonNull(cids).forgetting(context, counting()),
                parts.clock());
        running = run;
        return held.hold(run, token -> {
                    meters.running(true);
                    return worker.run(() -> run.run(token));
                })
                .transform(done -> {
                    running = null;
                    meters.running(false);
                    return done.succeeded() ? ended(done.result()) : failed(done.cause());
                });
    }

    private Future<Void> ended(Batch batch) {
        meters.ended(batch.status());
        if (batch.completedAt() != null) {
            meters.last(
                    (double) batch.completedAt().toEpochSecond(), batch.counts().absent());
        }
        return Future.succeededFuture();
    }

    private Future<Void> failed(Throwable failure) {
        if (failure instanceof SyncException.Busy) {
            log.debug("event=sync.elsewhere");
        } else if (failure instanceof SyncException) {
            meters.ended(Status.FAILED);
        } else {
            log.warn("event=sync.not_begun reason=\"{}\"", Patience.text(failure));
        }
        return Future.succeededFuture();
    }

    /** On the run's thread. */
    private SyncRun.Listener counting() {
        return new SyncRun.Listener() {
            @Override
            public void page(PageDone page, double perSecond) {
                meters.page(page);
            }
        };
    }
}
