package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.embedded.PostgresProcess;
import io.portcullis.testing.OwnThread;
import io.portcullis.testing.TestServers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * F3, nothing lost: PostgreSQL dies under a writer, at each step of the write, and what it has committed nevertheless is applied by every
 * node within a second of being there again. What it has not is not.
 *
 * <p>The death is SIGKILL to the writer's session, after which PostgreSQL ends all others and recovers from its log, and now and then to all
 * of it. Either way notifications are lost, and so are the connections that waited for them. {@code -Dportcullis.kills=200} for more rounds,
 * {@code -Dportcullis.kills.seed=1} for others.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class LostNothingIT {
    private static final int KILLS = Integer.getInteger("portcullis.kills", 12);
    private static final long SEED = Long.getLong("portcullis.kills.seed", 17);
    private static final int SERVER_DIES_EVERY = 7;
    private static final int NODES = 3;
    private static final Duration BOUND = Duration.ofSeconds(1);

    /** Is long beside a COMMIT, so that some kills come too early for it, some too late, and the others into the midst. */
    private static final int LONGEST_COMMIT_MICROS = 6_000;

    /** See V2__change_log.sql: whoever commits a change waits for it. */
    private static final long COMMIT_LOCK = 8243108395577799289L;

    /** When the writer's session dies. */
    private enum Step {
        BEFORE_A_STATEMENT,
        BETWEEN_STATEMENTS,
        BEFORE_COMMIT,
        COMMIT_AWAITS_ITS_NUMBER,
        DURING_COMMIT,
        AFTER_COMMIT
    }

    private final Random random = new Random(SEED);
    private final List<Step> steps = new ArrayList<>();
    private final Map<Step, Tally> tallies = new EnumMap<>(Step.class);
    private final List<TestClient> clients = new ArrayList<>();

    @Test
    void whatIsCommittedWhenPostgresDiesIsAppliedByEveryNodeWithinASecond() throws Exception {
        try (PostgresProcess postgres = PostgresProcess.start();
                GatewayCluster cluster = GatewayCluster.start(
                        NODES, postgres.freshDatabaseUrl(), Map.of("PORTCULLIS_FRESHNESS_LEASE", "1s"))) {
            for (int i = 0; i < 4; i++) {
                clients.add(cluster.client());
            }
            List<Integer> expected = expected(cluster.database());
            for (int round = 0; round < KILLS; round++) {
                assertEveryNodeHoldsThem(cluster, expected);
                Step step = nextStep();
                boolean acknowledged = write(postgres, cluster.database(), step, round % SERVER_DIES_EVERY == 3);

                List<Integer> before = expected;
                long reachable = awaitRecovered(cluster.database());
                expected = expected(cluster.database());

                boolean committed = !expected.equals(before);
                if (step != Step.DURING_COMMIT) {
                    assertThat(committed).as("%s", step).isEqualTo(step == Step.AFTER_COMMIT);
                }
                assertThat(committed || !acknowledged)
                        .as("an acknowledged commit lasts")
                        .isTrue();
                long slowest = awaitAnswers(cluster, expected, reachable, "round " + round + ", " + step);
                tallies.computeIfAbsent(step, first -> new Tally()).add(committed, slowest);
            }
        }
        System.out.println(summary());
        assertThat(tallies).containsOnlyKeys(Step.values());
        assertThat(tallies.values().stream().mapToInt(tally -> tally.committed).sum())
                .isPositive();
        assertThat(tallies.values().stream().mapToInt(tally -> tally.rolledBack).sum())
                .isPositive();
        assertThat(tallies.values().stream()
                        .mapToLong(tally -> tally.slowestNanos)
                        .max()
                        .orElseThrow())
                .as("nanoseconds until the slowest node answered by what is committed")
                .isLessThanOrEqualTo(BOUND.toNanos());
    }

    /** In an order that is drawn; each comes once before any comes again. */
    private Step nextStep() {
        if (steps.isEmpty()) {
            steps.addAll(List.of(Step.values()));
            Collections.shuffle(steps, random);
        }
        return steps.remove(steps.size() - 1);
    }

    /** The answer that is right for each client, by what is committed. */
    private List<Integer> expected(String database) throws SQLException {
        List<Integer> expected = new ArrayList<>();
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement()) {
            for (TestClient client : clients) {
                try (ResultSet row = statement.executeQuery("""
                        SELECT CASE WHEN k.status <> 'ACTIVE' THEN 401 WHEN c.status <> 'ACTIVE' THEN 403 ELSE 200 END
                        FROM client_registry.clients c JOIN client_registry.client_keys k USING (client_id)
                        WHERE c.client_id = '%s'""".formatted(client.id()))) {
                    row.next();
                    expected.add(row.getInt(1));
                }
            }
        }
        return expected;
    }

    /** So that a node which misses the change has something outdated to answer by. */
    private void assertEveryNodeHoldsThem(GatewayCluster cluster, List<Integer> expected) {
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            for (int i = 0; i < clients.size(); i++) {
                assertThat(cluster.askAll(clients.get(i).key())).containsOnly(expected.get(i));
            }
            double before = nearHits(cluster);
            for (TestClient client : clients) {
                cluster.askAll(client.key());
            }
            assertThat(nearHits(cluster) - before).isEqualTo(NODES * clients.size());
        });
    }

    private static double nearHits(GatewayCluster cluster) throws Exception {
        double hits = 0;
        for (ClusterNode<Gateway> node : cluster.nodes()) {
            hits += node.metric("registry_lookups_total{result=\"hit\",tier=\"near\"}");
        }
        return hits;
    }

    /**
     * One transaction, in which PostgreSQL dies. Returns when it has.
     *
     * @return whether its COMMIT was acknowledged
     */
    private boolean write(PostgresProcess postgres, String database, Step step, boolean serverDies)
            throws SQLException {
        List<String> statements = statements(step == Step.BETWEEN_STATEMENTS);
        try (Connection witness = TestServers.connect(database);
                Connection blocker = TestServers.connect(database);
                Connection writer = TestServers.connect(database);
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            long pid = pid(statement);
            Runnable death = serverDies ? postgres::kill : () -> kill(pid);
            boolean acknowledged = false;
            for (String text : statements) {
                if (step == Step.BEFORE_A_STATEMENT) {
                    break;
                }
                statement.execute(text);
                if (step == Step.BETWEEN_STATEMENTS) {
                    break;
                }
            }
            switch (step) {
                case BEFORE_A_STATEMENT, BETWEEN_STATEMENTS, BEFORE_COMMIT -> death.run();
                case AFTER_COMMIT -> {
                    writer.commit();
                    acknowledged = true;
                    death.run();
                }
                case DURING_COMMIT -> {
                    CompletableFuture<Void> killed = dieAfter(death, random.nextInt(LONGEST_COMMIT_MICROS));
                    acknowledged = commit(writer);
                    killed.join();
                }
                case COMMIT_AWAITS_ITS_NUMBER -> {
                    execute(blocker, "SELECT pg_advisory_lock(" + COMMIT_LOCK + ")");
                    CompletableFuture<Boolean> commit =
                            CompletableFuture.supplyAsync(() -> commit(writer), OwnThread.EACH);
                    await().atMost(Duration.ofSeconds(5)).until(() -> isWaiting(witness, pid));
                    death.run();
                    acknowledged = commit.join();
                }
            }
            // Until it is gone, PostgreSQL may not have noticed, and answer as if nothing was.
            await().atMost(Duration.ofSeconds(10)).until(() -> !isAlive(witness));
            if (serverDies) {
                startAgain(postgres);
            }
            return acknowledged;
        }
    }

    /** Each turns something round. */
    private List<String> statements(boolean several) {
        // Those of one half are suspended, those of the other have their keys revoked: each change is seen in an
        // answer.
        int half = clients.size() / 2;
        int which = random.nextInt(half);
        String client = "UPDATE client_registry.clients SET status = CASE status WHEN 'ACTIVE' THEN 'SUSPENDED' ELSE"
                + " 'ACTIVE' END WHERE client_id = '" + clients.get(which).id() + "'";
        String key = "UPDATE client_registry.client_keys SET status = CASE status WHEN 'ACTIVE' THEN 'REVOKED' ELSE"
                + " 'ACTIVE' END WHERE client_id = '"
                + clients.get(which + half).id() + "'";
        return switch (several ? 2 : random.nextInt(3)) {
            case 0 -> List.of(client);
            case 1 -> List.of(key);
            default -> List.of(client, "UPDATE client_registry.clients SET rate_limit = " + random.nextInt(1000), key);
        };
    }

    private static long pid(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** SIGKILL. */
    private static void kill(long pid) {
        assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    }

    /** Not by a timer, which is too coarse. */
    private static CompletableFuture<Void> dieAfter(Runnable death, int micros) {
        long begun = System.nanoTime();
        return CompletableFuture.runAsync(
                () -> {
                    while (System.nanoTime() - begun < micros * 1_000L) {
                        Thread.onSpinWait();
                    }
                    death.run();
                },
                OwnThread.EACH);
    }

    private static boolean commit(Connection writer) {
        try {
            writer.commit();
            return true;
        } catch (SQLException died) {
            return false;
        }
    }

    private static boolean isWaiting(Connection witness, long pid) throws SQLException {
        try (Statement statement = witness.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = " + pid)) {
            return row.next();
        }
    }

    private static void execute(Connection connection, String text) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    private static boolean isAlive(Connection connection) {
        try {
            execute(connection, "SELECT 1");
            return true;
        } catch (SQLException gone) {
            return false;
        }
    }

    private static void startAgain(PostgresProcess postgres) {
        try {
            postgres.startAgain();
        } catch (Exception e) {
            throw new IllegalStateException("PostgreSQL does not start", e);
        }
    }

    /** When PostgreSQL let somebody in again. */
    private static long awaitRecovered(String database) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    try {
                        TestServers.connect(database).close();
                        return true;
                    } catch (SQLException notYet) {
                        return false;
                    }
                });
        return System.nanoTime();
    }

    /** @return nanoseconds from then until the slowest node answered rightly for all clients, as it does for good */
    private long awaitAnswers(GatewayCluster cluster, List<Integer> expected, long since, String when) {
        long slowest = 0;
        for (int i = 0; i < clients.size(); i++) {
            String key = clients.get(i).key();
            List<Integer> all = Collections.nCopies(NODES, expected.get(i));
            await(when + ", client " + i)
                    .atMost(Duration.ofSeconds(10))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .untilAsserted(() -> assertThat(cluster.askAll(key)).isEqualTo(all));
            slowest = System.nanoTime() - since;
        }
        for (int i = 0; i < clients.size(); i++) {
            assertThat(cluster.askAll(clients.get(i).key()))
                    .as("%s, later", when)
                    .containsOnly(expected.get(i));
        }
        return slowest;
    }

    private String summary() {
        StringBuilder text = new StringBuilder("kills=" + KILLS + " seed=" + SEED);
        tallies.forEach((step, tally) -> text.append(String.format(
                Locale.ROOT,
                "%n  %-25s committed %3d, rolled back %3d, slowest node %4d ms",
                step,
                tally.committed,
                tally.rolledBack,
                TimeUnit.NANOSECONDS.toMillis(tally.slowestNanos))));
        return text.toString();
    }

    /** What came of the kills at one step. */
    private static final class Tally {
        private int committed;
        private int rolledBack;
        private long slowestNanos;

        void add(boolean isCommitted, long nanos) {
            if (isCommitted) {
                committed++;
            } else {
                rolledBack++;
            }
            slowestNanos = Math.max(slowestNanos, nanos);
        }
    }
}
