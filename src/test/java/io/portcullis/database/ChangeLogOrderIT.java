package io.portcullis.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the change log says of many writers at once: seq is the order in which they became visible. */
@Timeout(120)
class ChangeLogOrderIT {
    private static final int WRITERS = 200;
    private static final int COMMITS = 10;
    private static final String LOCK_LINE = "PERFORM pg_advisory_xact_lock(8243108395577799289);";

    private final TestDatabase database = TestDatabase.migrated();
    private final long begin = System.nanoTime();

    @Test
    void commitOrderIsSeqOrderAndAnOpenTransactionBlocksNobody() throws Exception {
        createClients(WRITERS + 1);
        try (Sql holder = database.connect()) {
            long opened = System.nanoTime();
            holder.run("BEGIN", change(0));

            // Ends only when every writer has committed all it has, while the holder's transaction is open.
            Outcome outcome = writeAndRead(WRITERS, COMMITS);
            await().until(() ->
                    System.nanoTime() - opened >= Duration.ofSeconds(2).toNanos());
            String xid = holder.one("SELECT pg_current_xact_id()");
            holder.run("COMMIT");

            assertThat(outcome.commits).hasSize(WRITERS * COMMITS);
            assertThat(outcome.missedByReader).isEmpty();
            assertThat(outcome.againstTheClock()).isEmpty();
            assertThat(holder.number("SELECT seq FROM client_registry.registry_commits WHERE xid = '" + xid + "'"))
                    .isEqualTo(holder.number("SELECT client_registry.current_seq()"));
        }
    }

    /** The guard: the same writers and the same reader find a violation when the lock is not taken. */
    @Test
    void withoutTheLockAReaderMissesChanges() throws Exception {
        createClients(20);
        widenTheGapBetweenNumberAndCommit(true);
        int tries = 0;
        while (writeAndRead(20, 10).missedByReader.isEmpty()) {
            assertThat(++tries).as("runs without a violation").isLessThan(10);
        }
    }

    /** The control of the guard's test: with the lock a gap of the same width does no harm. */
    @Test
    void withTheLockAWideGapBetweenNumberAndCommitDoesNoHarm() throws Exception {
        createClients(20);
        widenTheGapBetweenNumberAndCommit(false);

        Outcome outcome = writeAndRead(20, 10);

        assertThat(outcome.missedByReader).isEmpty();
        assertThat(outcome.againstTheClock()).isEmpty();
    }

    private void createClients(int count) throws SQLException {
        try (Sql sql = database.connect()) {
            sql.run("INSERT INTO client_registry.clients (client_id, rate_limit)"
                    + " SELECT lpad(n::text, 32, '0')::uuid, 0 FROM generate_series(0, " + count + ") n");
        }
    }

    private static String change(int client) {
        return "UPDATE client_registry.clients SET rate_limit = rate_limit + 1 WHERE client_id = lpad('" + client
                + "', 32, '0')::uuid";
    }

    private void widenTheGapBetweenNumberAndCommit(boolean withoutLock) throws SQLException {
        try (Sql sql = database.connect()) {
            String function = sql.one("SELECT pg_get_functiondef('client_registry.number_commit'::regproc)");
            assertThat(function).contains(LOCK_LINE).contains("PERFORM pg_notify");
            if (withoutLock) {
                function = function.replace(LOCK_LINE, "");
            }
            sql.run(function.replace("PERFORM pg_notify", "PERFORM pg_sleep(random() * 0.01); PERFORM pg_notify"));
        }
    }

    /** One commit: when it was begun, when it was known to have happened, and its number. */
    private record Commit(long begunAt, long doneAt, long seq) {}

    private record Outcome(List<Commit> commits, List<String> missedByReader) {

        /** Commits with a lower number than one that was over before they began. */
        List<Commit> againstTheClock() {
            List<Commit> wrong = new ArrayList<>();
            long latestBegin = Long.MIN_VALUE;
            for (Commit commit : commits) {
                if (latestBegin > commit.doneAt) {
                    wrong.add(commit);
                }
                latestBegin = Math.max(latestBegin, commit.begunAt);
            }
            return wrong;
        }
    }

    /** Every writer commits so often on a connection of its own, while one reader follows the log as a node's tail does. */
    private Outcome writeAndRead(int writers, int commitsEach) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        AtomicBoolean writing = new AtomicBoolean(true);
        try (Sql sql = database.connect()) {
            long start = sql.number("SELECT client_registry.current_seq()");
            Future<List<String>> reader = threads.submit(() -> follow(start, writing));
            List<Callable<List<Commit>>> work = new ArrayList<>();
            for (int i = 1; i <= writers; i++) {
                int client = i;
                work.add(() -> write(client, commitsEach));
            }
            List<Commit> commits = new ArrayList<>();
            for (Future<List<Commit>> done : threads.invokeAll(work, 60, TimeUnit.SECONDS)) {
                commits.addAll(done.get());
            }
            writing.set(false);
            List<String> missed = sql.rows(log(start));
            missed.removeAll(reader.get(20, TimeUnit.SECONDS));
            return new Outcome(numbered(sql, commits), missed);
        } finally {
            writing.set(false);
            threads.shutdownNow();
        }
    }

    private List<Commit> write(int client, int commits) throws SQLException {
        List<Commit> done = new ArrayList<>();
        try (Sql sql = database.connect()) {
            for (int i = 0; i < commits; i++) {
                long begunAt = System.nanoTime() - begin;
                long xid = Long.parseLong(sql.one(change(client) + " RETURNING pg_current_xact_id()"));
                done.add(new Commit(begunAt, System.nanoTime() - begin, xid));
            }
        }
        return done;
    }

    /** The commits in the order of their numbers; they come with the transaction's id in place of it. */
    private static List<Commit> numbered(Sql sql, List<Commit> commits) throws SQLException, ExecutionException {
        List<Commit> numbered = new ArrayList<>();
        for (String row : sql.rows("SELECT xid, seq FROM client_registry.registry_commits ORDER BY seq")) {
            long xid = Long.parseLong(row.substring(0, row.indexOf('|')));
            long seq = Long.parseLong(row.substring(row.indexOf('|') + 1));
            for (Commit commit : commits) {
                if (commit.seq == xid) {
                    numbered.add(new Commit(commit.begunAt, commit.doneAt, seq));
                }
            }
        }
        return numbered;
    }

    private List<String> follow(long start, AtomicBoolean writing) throws SQLException {
        List<String> seen = new ArrayList<>();
        long position = start;
        try (Sql sql = database.connect()) {
            boolean last;
            do {
                last = !writing.get();
                List<String> rows = sql.rows(log(position));
                if (!rows.isEmpty()) {
                    String newest = rows.get(rows.size() - 1);
                    position = Long.parseLong(newest.substring(0, newest.indexOf('|')));
                    seen.addAll(rows);
                }
            } while (!last);
        }
        return seen;
    }

    private static String log(long after) {
        return "SELECT seq, id, version FROM client_registry.registry_commits"
                + " JOIN client_registry.registry_changes USING (xid) WHERE seq > " + after + " ORDER BY seq";
    }
}
