package io.portcullis.freshness;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells PostgreSQL that this process is there, how far it has applied the log, and for how long others must wait for it. One beat at a
 * time. Belongs to one thread.
 */
final class Heart {

    /** A process's grace only grows: a beat that was held up must not take back what a later one has announced. */
    private static final String BEAT = """
            INSERT INTO client_registry.node_heartbeats (node_id, node_name, epoch, applied_seq, lease_ms, grace_ms)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (node_id) DO UPDATE SET epoch = excluded.epoch, applied_seq = excluded.applied_seq,
                lease_ms = excluded.lease_ms, grace_ms = greatest(node_heartbeats.grace_ms, excluded.grace_ms),
                beat_at = clock_timestamp()
            """;

    private static final String LEAVE = "DELETE FROM client_registry.node_heartbeats WHERE node_id = $1";

    private final NodeInfo node;
    private final Freshness freshness;
    private final Supplier<? extends @Nullable SqlConnection> connection;
    private final Duration limit;
    private final LongSupplier nanoClock;
    private final Runnable joined;
    private boolean beating;
    private boolean again;
    private boolean leaving;

    /**
     * A heart that does not beat by itself.
     *
     * @param joined told when PostgreSQL knows of this process again: only what is read from now on counts
     */
    Heart(
            NodeInfo node,
            Freshness freshness,
            Supplier<? extends @Nullable SqlConnection> connection,
            Duration limit,
            LongSupplier nanoClock,
            Runnable joined) {
        this.node = node;
        this.freshness = freshness;
        this.connection = connection;
        this.limit = limit;
        this.nanoClock = nanoClock;
        this.joined = joined;
    }

    /** Beats now, or again as soon as the beat under way is done. */
    Future<Void> beat() {
        SqlConnection over = connection.get();
        if (over == null || leaving) {
            return Future.failedFuture("no connection to PostgreSQL for the heartbeat");
        }
        if (beating) {
            again = true;
            return Future.succeededFuture();
        }
        beating = true;
        Position position = freshness.position();
        long grace = freshness.graceToAnnounceNanos();
        long sent = nanoClock.getAsLong();
        return over.preparedQuery(BEAT)
                .execute(Tuple.of(
                        node.id(),
                        node.name(),
                        position.epoch(),
                        position.seq(),
                        TimeUnit.NANOSECONDS.toMillis(freshness.leaseNanos()) + 1,
                        TimeUnit.NANOSECONDS.toMillis(grace)))
                .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(done -> beating = false)
                .onSuccess(done -> {
                    if (freshness.present(sent, nanoClock.getAsLong(), grace)) {
                        joined.run();
                    }
                    if (again) {
                        again = false;
                        beat();
                    }
                })
                .mapEmpty();
    }

    /** Nobody needs to wait for this process any more: it decides nothing from now on. */
    Future<Void> leave() {
        leaving = true;
        SqlConnection over = connection.get();
        return over == null
                ? Future.failedFuture("no connection to PostgreSQL")
                : over.preparedQuery(LEAVE)
                        .execute(Tuple.of(node.id()))
                        .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                        .mapEmpty();
    }
}
