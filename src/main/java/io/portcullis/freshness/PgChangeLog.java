package io.portcullis.freshness;

import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Loop;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Cursor;
import io.vertx.sqlclient.PreparedStatement;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The change log in PostgreSQL, over one connection to the primary. Each statement has a limit. */
final class PgChangeLog implements ChangeLog {

    /** Rows of a page; a commit with more is read by portions. */
    private static final int PAGE = 2_000;

    /** Small: at 2,000 the process served a third of its warm traffic while it read a commit of 100,000. */
    private static final int PORTION = 500;

    /** Rows that a starting node reads back at most; beyond them Redis is cold for it, no more than that. */
    private static final int BACK = 20_000;

    /** First in each statement: see {@link #change}. */
    private static final String CHANGE =
            "h.kind, h.id, h.version, h.op, h.old_digest, h.new_digest, h.old_owner, h.new_owner";

    /**
     * Which transaction it was, and when: a restore of the server's files takes the transaction ids back as well.
     */
    private static final String MARK = "concat(c.xid, '@', (extract(epoch FROM c.committed_at) * 1000000)::bigint)";

    /**
     * All in one snapshot. OFFSET 0: else the functions are called for each row, which takes ten times as long as the rows. To be planned once, for whatever position, and without sequential scans: a commit of a million rows makes the
     * planner think that any has as many, and that reading the table through finds it soon. By the two indexes it costs the same however
     * long the log is.
     */
    private static final String READ = """
            SELECT %1$s, p.epoch, p.head, p.head_mark, p.pruned, p.mark, c.seq, %2$s AS mark_of,
                (extract(epoch FROM clock_timestamp() - c.committed_at) * 1000)::bigint AS age
            FROM (SELECT client_registry.current_epoch() AS epoch, client_registry.current_seq() AS head,
                    (SELECT %2$s FROM client_registry.registry_commits c WHERE seq = client_registry.current_seq()) AS head_mark,
                    (SELECT seq FROM client_registry.registry_pruned) AS pruned,
                    (SELECT %2$s FROM client_registry.registry_commits c WHERE seq = $1) AS mark
                OFFSET 0) p
            LEFT JOIN LATERAL (SELECT seq, xid, committed_at FROM client_registry.registry_commits WHERE seq > $1 ORDER BY seq LIMIT $2) c
                ON true
            LEFT JOIN LATERAL (SELECT kind, id, version, op, old_digest, new_digest, old_owner, new_owner
                    FROM client_registry.registry_changes WHERE xid = c.xid LIMIT $2) h
                ON true
            ORDER BY c.seq
            LIMIT $2
            """.formatted(CHANGE, MARK);

    private static final String READ_LARGE = "SELECT " + CHANGE
            + " FROM client_registry.registry_changes h WHERE h.xid = split_part($1::text, '@', 1)::xid8";

    /** Looked at behind the rows: what is pruned later was there when they were read. */
    private static final String PRUNED = "SELECT seq FROM client_registry.registry_pruned";

    /** Newest first, so that what does not fit is the oldest. */
    private static final String READ_BACK = """
            SELECT %1$s, p.epoch, p.head, p.mark, c.seq, %2$s AS mark_of, 0::bigint AS age
            FROM (SELECT client_registry.current_epoch() AS epoch, client_registry.current_seq() AS head,
                    (SELECT %2$s FROM client_registry.registry_commits c WHERE seq = $1) AS mark
                OFFSET 0) p
            LEFT JOIN LATERAL (SELECT seq, xid, committed_at FROM client_registry.registry_commits
                    WHERE seq <= $1 AND seq > (SELECT coalesce(max(seq), 0) FROM client_registry.registry_commits
                        WHERE seq <= $1 AND committed_at < clock_timestamp() - $2 * INTERVAL '1 millisecond')
                    ORDER BY seq DESC LIMIT $3) c
                ON true
            LEFT JOIN LATERAL (SELECT kind, id, version, op, old_digest, new_digest, old_owner, new_owner
                    FROM client_registry.registry_changes WHERE xid = c.xid LIMIT $3) h
                ON true
            ORDER BY c.seq DESC
            LIMIT $3
            """.formatted(CHANGE, MARK);

    private final SqlConnection connection;
    private final Duration limit;
    private final Runnable failed;
    private final int portionRows;

    /**
     * @param limit of each statement; a connection on which one takes longer hangs
     * @param failed told of each statement that failed, before whoever asked for it
     */
    PgChangeLog(SqlConnection connection, Duration limit, Runnable failed) {
        this(connection, limit, failed, PORTION);
    }

    PgChangeLog(SqlConnection connection, Duration limit, Runnable failed, int portionRows) {
        this.failed = failed;
        this.connection = connection;
        this.limit = limit;
        this.portionRows = portionRows;
    }

    @Override
    public Future<Page> read(long seq) {
        return bounded(connection.preparedQuery(READ).execute(Tuple.of(seq, PAGE)))
                .map(PgChangeLog::page);
    }

    @Override
    public Future<Void> readLarge(Commit commit, Function<List<Change>, Future<Void>> portion) {
        return bounded(connection.begin())
                .compose(transaction -> bounded(connection.prepare(READ_LARGE))
                        .compose(statement -> readPortions(statement, commit.mark(), portion))
                        .eventually(() -> bounded(transaction.rollback())))
                .compose(read -> bounded(connection.preparedQuery(PRUNED).execute()))
                .compose(rows -> rows.iterator().next().getLong(0) < commit.seq()
                        ? Future.<Void>succeededFuture()
                        : Future.failedFuture("the commit " + commit.seq() + " was pruned while it was read"));
    }

    private Future<Void> readPortions(
            PreparedStatement statement, String mark, Function<List<Change>, Future<Void>> portion) {
        Portions portions = new Portions(statement.cursor(Tuple.of(mark)));
        return Loop.whileTrue(() -> portions.take(portion))
                .eventually(() -> bounded(portions.cursor.close()))
                .eventually(() -> bounded(statement.close()));
    }

    /** While one portion is applied, the next is on its way. */
    private final class Portions {
        private final Cursor cursor;
        private Future<RowSet<Row>> next;

        Portions(Cursor cursor) {
            this.cursor = cursor;
            this.next = bounded(cursor.read(portionRows));
        }

        /** Whether there is another one. */
        Future<Boolean> take(Function<List<Change>, Future<Void>> portion) {
            return next.compose(rows -> {
                boolean more = cursor.hasMore();
                if (more) {
                    next = bounded(cursor.read(portionRows));
                }
                List<Change> changes = new ArrayList<>(rows.size());
                for (Row row : rows) {
                    changes.add(change(row));
                }
                return portion.apply(changes).map(more);
            });
        }
    }

    @Override
    public Future<Back> readBack(long untilSeq, long keepMillis) {
        return bounded(connection.preparedQuery(READ_BACK).execute(Tuple.of(untilSeq, keepMillis, BACK)))
                .map(rows -> {
                    List<Commit> commits = commits(rows);
                    if (rows.size() == BACK) {
                        commits.remove(commits.size() - 1);
                    }
                    // Where there is nothing older that is kept, the oldest that is here has it all behind it.
                    long from = commits.isEmpty()
                            ? untilSeq
                            : commits.get(commits.size() - 1).seq() - 1;
                    Row first = rows.iterator().next();
                    return new Back(
                            new Position(first.getString("epoch"), first.getLong("head")),
                            first.getString("mark"),
                            from,
                            commits);
                });
    }

    @Override
    public Future<Void> raiseEpoch(String expected) {
        return bounded(connection
                        .preparedQuery("SELECT client_registry.raise_epoch($1)")
                        .execute(Tuple.of(expected)))
                .mapEmpty();
    }

    private <T> Future<T> bounded(Future<T> statement) {
        return statement.timeout(limit.toMillis(), TimeUnit.MILLISECONDS).onFailure(failure -> failed.run());
    }

    private static Page page(RowSet<Row> rows) {
        Row first = rows.iterator().next();
        Position head = new Position(first.getString("epoch"), first.getLong("head"));
        List<Commit> commits = commits(rows);
        boolean large = false;
        if (rows.size() == PAGE) {
            // The last one may go on behind the page. Alone, it is too large for one.
            Commit last = commits.remove(commits.size() - 1);
            if (commits.isEmpty()) {
                commits.add(new Commit(last.seq(), last.mark(), last.ageMillis(), List.of()));
                large = true;
            }
        }
        return new Page(
                head, first.getString("head_mark"), first.getLong("pruned"), first.getString("mark"), commits, large);
    }

    /** Rows of one commit stand together. */
    private static List<Commit> commits(RowSet<Row> rows) {
        List<Commit> commits = new ArrayList<>();
        @Nullable Commit commit = null;
        for (Row row : rows) {
            Long seq = row.getLong("seq");
            if (seq == null) {
                continue;
            }
            if (commit == null || commit.seq() != seq) {
                commit = new Commit(seq, row.getString("mark_of"), row.getLong("age"), new ArrayList<>());
                commits.add(commit);
            }
            if (row.getString(0) != null) {
                commit.changes().add(change(row));
            }
        }
        return commits;
    }

    /** By position: a large commit has very many of them. */
    private static Change change(Row row) {
        return new Change(
                row.getString(0).equals("client") ? Change.Kind.CLIENT : Change.Kind.KEY,
                row.getString(1),
                row.getLong(2),
                row.getString(3),
                digest(row.getBuffer(4)),
                digest(row.getBuffer(5)),
                row.getString(6),
                row.getString(7));
    }

    /** A row that somebody wrote by hand may have any bytes there; no look-up has such a digest. */
    private static @Nullable KeyDigest digest(@Nullable Buffer bytes) {
        return bytes == null || bytes.length() != 32 ? null : KeyDigest.of(bytes.getBytes());
    }
}
