package io.portcullis.freshness;

import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The change log for who wants to look at it: operators, and programs that follow it. Thread-safe. */
public final class ChangeFeed {

    /** Changes shown of one commit; a statement may have changed a million. */
    public static final int MOST_OF_A_COMMIT = 100;

    private static final String COMMITS = """
            SELECT client_registry.current_epoch() AS epoch, client_registry.current_seq() AS head,
                (SELECT seq FROM client_registry.registry_pruned) AS pruned, c.seq, c.committed_at, h.kind, h.id, h.version, h.op
            FROM (VALUES (1)) one
            LEFT JOIN LATERAL (SELECT seq, xid, committed_at FROM client_registry.registry_commits WHERE seq > $1 ORDER BY seq LIMIT $2) c
                ON true
            LEFT JOIN LATERAL (SELECT kind, id, version, op FROM client_registry.registry_changes WHERE xid = c.xid LIMIT %d) h ON true
            ORDER BY c.seq
            """.formatted(MOST_OF_A_COMMIT + 1);

    /** By the indexes; see {@link PgChangeLog}. */
    private static final String BY_INDEX = "SET LOCAL enable_seqscan = off";

    private final Pool postgres;
    private final Duration limit;

    /** @param limit of one question to PostgreSQL */
    public ChangeFeed(Pool postgres, Duration limit) {
        this.postgres = postgres;
        this.limit = limit;
    }

    /**
     * Some commits, in order.
     *
     * @param prunedSeq who asks for what is behind a lower one has missed something
     */
    public record Page(Position head, long prunedSeq, List<Commit> commits) {}

    /**
     * One commit.
     *
     * @param more whether it has more changes than are shown
     */
    public record Commit(long seq, Instant committedAt, List<Entry> changes, boolean more) {}

    /** One change; digests are nobody's business here. */
    public record Entry(String kind, String id, long version, String op) {}

    /**
     * Commits behind a seq.
     *
     * @param limitCommits at least 1
     */
    public Future<Page> after(long seq, int limitCommits) {
        return postgres.withTransaction(connection -> connection
                        .query(BY_INDEX)
                        .execute()
                        .compose(set -> connection.preparedQuery(COMMITS).execute(Tuple.of(seq, limitCommits))))
                .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .map(rows -> {
                    Row first = rows.iterator().next();
                    List<Commit> commits = new ArrayList<>();
                    for (Row row : rows) {
                        if (row.getLong("seq") != null) {
                            add(commits, row);
                        }
                    }
                    return new Page(
                            new Position(first.getString("epoch"), first.getLong("head")),
                            first.getLong("pruned"),
                            commits);
                });
    }

    /** Rows of one commit stand together. */
    private static void add(List<Commit> commits, Row row) {
        Commit last = commits.isEmpty() ? null : commits.get(commits.size() - 1);
        if (last == null || last.seq() != row.getLong("seq")) {
            last = new Commit(
                    row.getLong("seq"), row.getOffsetDateTime("committed_at").toInstant(), new ArrayList<>(), false);
            commits.add(last);
        }
        if (last.changes().size() == MOST_OF_A_COMMIT) {
            commits.set(commits.size() - 1, new Commit(last.seq(), last.committedAt(), last.changes(), true));
        } else if (row.getString("kind") != null) {
            last.changes()
                    .add(new Entry(
                            row.getString("kind"), row.getString("id"), row.getLong("version"), row.getString("op")));
        }
    }
}
