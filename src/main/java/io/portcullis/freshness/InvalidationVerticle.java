package io.portcullis.freshness;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.bus.BusCall;
import io.portcullis.bus.Loop;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisClock;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.database.PostgresLine;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the process up with the change log: two connections of its own to PostgreSQL, one that listens and reads, one for
 * heartbeats, and a link to Redis; once a minute a third, to prune the log. Woken by NOTIFY, and by the clock in case a wake-up was lost.
 */
public final class InvalidationVerticle extends VerticleBase {

    /** Asks the tail to apply all that is committed by now. */
    public static final BusCall<CatchUp, Position> CATCH_UP = BusCall.of("freshness.catch-up");

    /** The question of {@link #CATCH_UP}. */
    public enum CatchUp {
        NOW
    }

    /** What the key of {@code registry:applied} is derived from the pepper by. */
    public static final String MAC_LABEL = "portcullis registry:applied mac v1";

    private static final Logger log = LoggerFactory.getLogger(InvalidationVerticle.class);

    private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(1);
    private static final Duration LONGEST_LIMIT = Duration.ofSeconds(2);
    private static final long PRUNE_EVERY_MILLIS = 60_000;
    private static final int PRUNE_BATCH = 1_000;
    private static final long PRUNE_LIMIT_MILLIS = 300_000;

    private static final String PRUNE = "SELECT client_registry.prune_log($1 * INTERVAL '1 millisecond', $2, $3)";

    /** Long after nobody waits for them any more, so that an operator can see that they were there. */
    private static final String FORGET_NODES = """
            DELETE FROM client_registry.node_heartbeats
            WHERE beat_at + (lease_ms + grace_ms) * INTERVAL '1 millisecond' < clock_timestamp() - INTERVAL '1 hour'
            """;

    /**
     * What it works with.
     *
     * @param postgres the direct way, that keeps a session
     * @param connectLimit of one attempt to connect
     * @param macKey of {@code registry:applied}, derived from the pepper by {@link #MAC_LABEL}
     */
    public record Parts(
            NodeInfo node,
            PgConnectOptions postgres,
            Duration connectLimit,
            RedisLinks redis,
            String redisPrefix,
            SecretKey macKey,
            Freshness freshness,
            Evictions evictions,
            LogLimits limits,
            MeterRegistry meters) {}

    /**
     * How much is kept.
     *
     * @param recordTtl the longest that a record stays in Redis
     * @param mostFences in memory
     * @param logAge of the log in PostgreSQL
     * @param logChanges of the log in PostgreSQL
     */
    public record LogLimits(Duration recordTtl, int mostFences, Duration logAge, long logChanges) {

        /** Records that live longer than this are refused once something changed after they were read. */
        private static final Duration LONGEST_FENCE = Duration.ofMinutes(10);

        Duration fenceAge() {
            // A record is put into Redis after it was read: a little more than it stays there.
            Duration needed = recordTtl.plusSeconds(10);
            return needed.compareTo(LONGEST_FENCE) < 0 ? needed : LONGEST_FENCE;
        }
    }

    private final Parts parts;
    private final Freshness freshness;
    private final FreshnessMeters meters;
    private final Duration limit;
    private @Nullable RedisLink link;
    private @Nullable PostgresLine listening;
    private @Nullable PostgresLine beating;
    private @Nullable Heart heart;
    private @Nullable Tail tail;
    private @Nullable SharedPosition shared;
    private final Promise<Void> caughtUp = Promise.promise();
    private boolean cutOff;
    private boolean stopping;
    private boolean pruning;
    private long announcedSeq = -1;

    public InvalidationVerticle(Parts parts) {
        this.parts = parts;
        this.freshness = parts.freshness();
        this.meters = new FreshnessMeters(parts.meters(), freshness);
        Duration half = Duration.ofNanos(freshness.leaseNanos() / 2);
        this.limit = half.compareTo(LONGEST_LIMIT) < 0 ? half : LONGEST_LIMIT;
    }

    /** Completes when the process has caught up with the log and holds its first lease. */
    @Override
    public Future<?> start() {
        RedisLink redis = parts.redis().open(vertx);
        link = redis;
        Duration ttl = parts.limits().recordTtl().multipliedBy(2);
        shared = new SharedPosition(
                // Not among the cache's own hits and misses.
                new RedisCache(redis, parts.redisPrefix(), ttl, RedisMeters.none()),
                parts.macKey(),
                ttl,
                System::nanoTime);
        PostgresLine reading =
                new PostgresLine(vertx, "changes", parts.postgres(), parts.connectLimit(), this::listen, () -> wake());
        listening = reading;
        PostgresLine writing = new PostgresLine(
                vertx,
                "heartbeat",
                parts.postgres(),
                parts.connectLimit(),
                made -> Future.succeededFuture(),
                this::beat);
        beating = writing;
        heart = new Heart(parts.node(), freshness, writing::connection, limit, System::nanoTime, this::wake);
        tail = new Tail(new Tail.Parts(
                () -> {
                    PgConnection connection = reading.connection();
                    return connection == null
                            ? null
                            : new PgChangeLog(
                                    connection,
                                    limit,
                                    () -> reading.giveUp(connection, "the change log could not be read"));
                },
                freshness,
                parts.evictions(),
                Fences::new,
                new Tail.Limits(parts.limits().fenceAge(), parts.limits().mostFences()),
                changes -> Changes.APPLIED.publish(vertx.eventBus(), changes),
                meters,
                System::nanoTime,
                pause -> vertx.timer(Math.max(1, pause.toMillis()), TimeUnit.MILLISECONDS)
                        .mapEmpty()));
        CATCH_UP.serve(vertx, (question, deadline) -> catchUp().map(done -> freshness.position()));
        reading.open();
        writing.open();
        long interval = Math.min(LONGEST_INTERVAL.toMillis(), freshness.leaseNanos() / 4_000_000);
        vertx.setPeriodic(interval, tick -> tick());
        vertx.setPeriodic(PRUNE_EVERY_MILLIS, tick -> prune());
        return caughtUp.future();
    }

    /** To be stopped after everything that decides: nobody waits for this process from then on. */
    @Override
    public Future<?> stop() {
        stopping = true;
        Future<Void> left =
                heart == null ? Future.succeededFuture() : heart.leave().otherwiseEmpty();
        return left.eventually(() -> Future.join(
                listening == null ? Future.succeededFuture() : listening.close(),
                beating == null ? Future.succeededFuture() : beating.close(),
                link == null ? Future.succeededFuture() : link.close()));
    }

    private Future<?> listen(PgConnection connection) {
        connection.notificationHandler(notice -> wake());
        // The plan by the two indexes, and no other: see PgChangeLog.
        return connection
                .query("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; LISTEN registry_changes")
                .execute();
    }

    private void tick() {
        beat();
        wake();
        askRedis();
    }

    /** What others have seen is held against the next reading, which is sent after it; the clock is for the next writing. */
    private void askRedis() {
        SharedPosition known = shared;
        Tail reader = tail;
        if (known != null && reader != null) {
            known.read().onSuccess(reading -> {
                if (reading != null) {
                    reader.seenElsewhere(reading.position());
                    freshness.confirmedByAnother(reading.position(), reading.nanos());
                }
            });
        }
    }

    private void wake() {
        catchUp().onFailure(failure -> log.trace("event=freshness.read_failed", failure));
    }

    private Future<Void> catchUp() {
        Tail reader = tail;
        SharedPosition known = shared;
        if (reader == null || known == null) {
            return Future.failedFuture("not started");
        }
        RedisClock passed = known.passed();
        return reader.catchUp().onComplete(done -> {
            if (done.failed()) {
                failed(done.cause());
                return;
            }
            succeeded();
            if (passed != null && freshness.isFresh(System.nanoTime())) {
                known.write(freshness.position(), passed);
            }
        });
    }

    private void succeeded() {
        if (cutOff) {
            cutOff = false;
            log.info("event=freshness.caught_up position={}", freshness.position());
        }
        Position position = freshness.position();
        if (position.seq() != announcedSeq) {
            announcedSeq = position.seq();
            beat();
        }
        if (freshness.isFresh(System.nanoTime())) {
            caughtUp.tryComplete();
        }
    }

    private void failed(Throwable reason) {
        if (stopping) {
            return;
        }
        meters.failed();
        // A process that starts has nothing to be cut off from; if it cannot start, that is told.
        if (!cutOff && caughtUp.future().isComplete()) {
            cutOff = true;
            log.warn("event=freshness.cut_off reason=\"{}\" position={}", reason.getMessage(), freshness.position());
        }
    }

    private void beat() {
        Heart one = heart;
        PostgresLine line = beating;
        PgConnection over = line == null ? null : line.connection();
        if (one != null && line != null && over != null) {
            one.beat().onFailure(failure -> line.giveUp(over, "no heartbeat: " + failure.getMessage()));
        }
    }

    /** Over a connection of its own: to cut off a large commit takes longer than a heartbeat may wait. */
    private void prune() {
        if (stopping || pruning) {
            return;
        }
        pruning = true;
        PgConnection.connect(vertx, parts.postgres())
                .compose(connection -> prune(connection).eventually(connection::close))
                .timeout(PRUNE_LIMIT_MILLIS, TimeUnit.MILLISECONDS)
                .onComplete(done -> pruning = false)
                .onFailure(failure -> log.warn("event=change_log.prune_failed reason=\"{}\"", failure.getMessage()));
    }

    private Future<Void> prune(PgConnection connection) {
        return Loop.whileTrue(() -> pruneBatch(connection))
                .compose(done -> connection.query(FORGET_NODES).execute())
                .mapEmpty();
    }

    /** Whether there may be more to cut off. */
    private Future<Boolean> pruneBatch(PgConnection connection) {
        return connection
                .preparedQuery(PRUNE)
                .execute(Tuple.of(
                        parts.limits().logAge().toMillis(), parts.limits().logChanges(), PRUNE_BATCH))
                .map(rows -> {
                    long cut = rows.iterator().next().getLong(0);
                    if (cut > 0) {
                        log.info("event=change_log.pruned commits={}", cut);
                    }
                    return cut == PRUNE_BATCH;
                });
    }
}
