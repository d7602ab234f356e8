package io.portcullis.freshness;

import io.portcullis.bus.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that PostgreSQL knows of, and the barrier that waits for them. Thread-safe; futures fail where PostgreSQL does.
 */
public final class Nodes {

    /** Between two looks at the heartbeats while somebody waits. */
    private static final long LOOK_EVERY_MILLIS = 5;

    private static final String NODES = """
            SELECT client_registry.current_epoch() AS p_epoch, client_registry.current_seq() AS p_seq, n.node_id,
                coalesce(n.node_name, n.node_id) AS name, n.epoch = client_registry.current_epoch() AS in_epoch, n.applied_seq,
                n.started_at, (extract(epoch FROM clock_timestamp() - n.beat_at) * 1000)::bigint AS silent,
                n.beat_at + (n.lease_ms + n.grace_ms) * INTERVAL '1 millisecond' AS until,
                clock_timestamp() >= n.beat_at + (n.lease_ms + n.grace_ms) * INTERVAL '1 millisecond' AS expired
            FROM (VALUES (1)) one
            LEFT JOIN client_registry.node_heartbeats n ON true
            ORDER BY n.started_at, n.node_id
            """;

    private final Vertx vertx;
    private final SqlClient postgres;
    private final Duration limit;

    /** @param limit of one question to PostgreSQL */
    public Nodes(Vertx vertx, SqlClient postgres, Duration limit) {
        this.vertx = vertx;
        this.postgres = postgres;
        this.limit = limit;
    }

    /**
     * All nodes at one moment.
     *
     * @param head the newest position of the log
     */
    public record Snapshot(Position head, List<NodeStatus> nodes) {}

    /**
     * What came of waiting for a change.
     *
     * @param applied whether no node decides any more by what the changes up to {@code seq} have taken back
     * @param snapshot the nodes when that was told
     */
    public record Report(long seq, boolean applied, Snapshot snapshot) {

        /** Nodes that were not heard of lately and have not applied it. Those that have expired decide by nothing they hold. */
        public List<NodeStatus> silent() {
            return snapshot.nodes().stream()
                    .filter(node -> node.isSilent() && !node.hasApplied(seq))
                    .toList();
        }

        /** When the last of those that are waited for stops to decide by what it has, should none be heard of again; null where none is. */
        public @Nullable Instant mayAcceptUntil() {
            return snapshot.nodes().stream()
                    .filter(node -> node.holdsUp(seq))
                    .map(NodeStatus::acceptsUntil)
                    .max(Comparator.naturalOrder())
                    .orElse(null);
        }
    }

    /** There is no such change, so that nobody can be waiting for it to be seen. */
    public static final class NoSuchChange extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoSuchChange(long seq, Position head) {
            super("there is no change " + seq + ": the log ends at " + head.seq());
        }
    }

    /** The nodes as of now. */
    public Future<Snapshot> snapshot() {
        return postgres.preparedQuery(NODES)
                .execute()
                .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .map(Nodes::snapshot);
    }

    /**
     * Waits until no node decides any more by what the changes up to {@code seq} have taken back: each has applied it, or has been silent for
     * so long that it trusts nothing it holds. A node that joins meanwhile reads the log after its heartbeat is there, so it has seen them.
     *
     * @param seq of a change that is committed
     * @param timeout after which the report says what is still missing
     * @return fails with {@link NoSuchChange}
     */
    public Future<Report> barrier(long seq, Duration timeout) {
        long until = System.nanoTime() + timeout.toNanos();
        Promise<Report> report = Promise.promise();
        return Loop.whileTrue(() -> look(seq, until, report)).compose(done -> report.future());
    }

    /** Begins another epoch, in which nothing counts that was cached before; its name. */
    public static Future<String> resetEpoch(SqlClient postgres) {
        return postgres.query("SELECT client_registry.raise_epoch(NULL)")
                .execute()
                .map(rows -> rows.iterator().next().getString(0));
    }

    /** Whether to look again. */
    private Future<Boolean> look(long seq, long untilNanos, Promise<Report> report) {
        return snapshot().compose(now -> {
            if (seq > now.head().seq()) {
                return Future.failedFuture(new NoSuchChange(seq, now.head()));
            }
            boolean applied = now.nodes().stream().noneMatch(node -> node.holdsUp(seq));
            if (applied || System.nanoTime() - untilNanos >= 0) {
                report.complete(new Report(seq, applied, now));
                return Future.succeededFuture(false);
            }
            return vertx.timer(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS).map(true);
        });
    }

    private static Snapshot snapshot(RowSet<Row> rows) {
        List<NodeStatus> nodes = new ArrayList<>();
        Position head = Position.UNKNOWN;
        for (Row row : rows) {
            head = new Position(row.getString("p_epoch"), row.getLong("p_seq"));
            if (row.getString("node_id") != null) {
                nodes.add(new NodeStatus(
                        row.getString("node_id"),
                        row.getString("name"),
                        row.getBoolean("in_epoch"),
                        row.getLong("applied_seq"),
                        row.getOffsetDateTime("started_at").toInstant(),
                        row.getLong("silent"),
                        row.getOffsetDateTime("until").toInstant(),
                        row.getBoolean("expired")));
            }
        }
        return new Snapshot(head, List.copyOf(nodes));
    }
}
