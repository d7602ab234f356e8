package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.embedded.PostgresProcess;
import io.portcullis.testing.DatabaseSnapshot;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RedisCopy;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers that come back with an older state. A client was suspended when the copy was made and is active when it is put back: who goes on by
 * what it holds lets in whom nobody has let in. The nodes notice by themselves, and begin another epoch.
 */
@Timeout(120)
class RestoreIT {
    private static final Duration LEASE = Duration.ofSeconds(1);
    private static final Duration BOUND = LEASE.plusSeconds(1);
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final Map<String, String> SETTINGS = Map.of(
            "PORTCULLIS_FRESHNESS_LEASE", "1s",
            "PORTCULLIS_FRESHNESS_GRACE", "5s",
            "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "2s");

    /** Nothing was written since: the log ends before what the nodes have read. Then it is written to, beyond where it ended. */
    @Test
    void anOlderDumpIsNoticedByThoseWhoHaveReadOn() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, SETTINGS)) {
            TestClient client = cluster.registry().client("SUSPENDED");
            Dump dump = Dump.take(cluster);
            activate(cluster, client);
            long read = dump.seq();

            dump.restore();

            assertRefusedByAllWithin(BOUND, cluster, client);
            assertThat(dump.epoch()).isGreaterThan(dump.epochThen);
            writeBeyond(cluster, read);
            assertRefusedByAll(cluster, client);
            assertThat(startedOver(cluster, "epoch")).isEqualTo(cluster.nodes().size());
        }
    }

    /** The log was written to before any node could look, and is longer than ever: what stands where they have read to is another commit. */
    @Test
    void anOlderDumpThatWasWrittenToMeanwhileIsNoticedByItsCommit() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, SETTINGS)) {
            TestClient client = cluster.registry().client("SUSPENDED");
            Dump dump = Dump.take(cluster);
            activate(cluster, client);
            long read = dump.seq();
            cluster.nodes().forEach(node -> node.postgres().cut());

            dump.restore();
            assertThat(dump.seq()).isLessThan(read);
            writeBeyond(cluster, read + 5);
            cluster.nodes().forEach(node -> node.postgres().heal());

            assertRefusedByAllWithin(BOUND, cluster, client);
            assertThat(dump.epoch()).isGreaterThan(dump.epochThen);
            assertRefusedByAll(cluster, client);
        }
    }

    /**
     * No node lives through it. The one that starts has read nothing that could contradict the log, but in Redis stands how far others had,
     * and beside it the record by which the client is active.
     */
    @Test
    void anOlderDumpIsNoticedByANodeThatStartsAfterIt() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(1, SETTINGS);
                RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            TestClient client = cluster.registry().client("SUSPENDED");
            Dump dump = Dump.take(cluster);
            activate(cluster, client);
            await().atMost(LIMIT).until(() -> redis.exists(cluster.redisPrefix() + "client:" + client.id()));
            // A position that is known in Redis is younger than the activation by the second look.
            RedisCopy copy = awaitPosition(redis, cluster);
            long read = dump.seq();
            cluster.leave(0);

            dump.restore();
            copy.restore(redis);
            ClusterNode<Gateway> started = cluster.join();

            assertRefusedByAllWithin(BOUND, cluster, client);
            assertThat(dump.epoch()).isGreaterThan(dump.epochThen);
            copy.restore(redis);
            assertRefusedByAll(cluster, client);
            writeBeyond(cluster, read + 5);
            copy.restore(redis);
            assertRefusedByAll(cluster, client);
            assertThat(started.metric("registry_started_over_total{reason=\"epoch\"}"))
                    .isEqualTo(1);
        }
    }

    /** Not the rows, but the files of the server: its identity, timeline and transaction ids go back as well. */
    @Test
    void anOlderCopyOfTheFilesIsNoticed() throws Exception {
        try (PostgresProcess postgres = PostgresProcess.start();
                GatewayCluster cluster = GatewayCluster.start(2, postgres.freshDatabaseUrl(), SETTINGS)) {
            TestClient client = cluster.registry().client("SUSPENDED");
            long epoch = number(cluster.database(), EPOCH);
            PostgresProcess.Copy copy = postgres.copy();
            activate(cluster, client);
            long read = number(cluster.database(), SEQ);

            postgres.restore(copy);

            assertRefusedByAllWithin(BOUND, cluster, client);
            assertThat(number(cluster.database(), EPOCH)).isGreaterThan(epoch);
            writeBeyond(cluster, read);
            assertRefusedByAll(cluster, client);
        }
    }

    /**
     * The same, and no node can look until the log is longer than it was, while transaction ids have come again: where they have read to
     * stands a commit of another time by the same transaction id.
     */
    @Test
    void anOlderCopyOfTheFilesIsNoticedThoughTransactionIdsComeAgain() throws Exception {
        try (PostgresProcess postgres = PostgresProcess.start();
                GatewayCluster cluster = GatewayCluster.start(2, postgres.freshDatabaseUrl(), SETTINGS)) {
            TestClient client = cluster.registry().client("SUSPENDED");
            TestClient bystander = cluster.client();
            long epoch = number(cluster.database(), EPOCH);
            PostgresProcess.Copy copy = postgres.copy();
            for (int i = 0; i < 10; i++) {
                // Room for what is written below before that transaction's id comes again.
                number(cluster.database(), "SELECT pg_current_xact_id()::text");
            }
            activate(cluster, client);
            long read = number(cluster.database(), SEQ);
            long xid = number(cluster.database(), XID_OF + read);
            cluster.nodes().forEach(node -> node.postgres().cut());

            postgres.restore(copy);
            writeBeyond(cluster, read - 2);
            assertThat(number(cluster.database(), SEQ)).isEqualTo(read - 1);
            while (number(cluster.database(), "SELECT pg_current_xact_id()::text") < xid - 1) {
                // Nodes had taken some for their heartbeats.
            }
            cluster.registry().status(bystander.id(), "SUSPENDED");
            assertThat(number(cluster.database(), XID_OF + read)).isEqualTo(xid);
            writeBeyond(cluster, read + 5);
            cluster.nodes().forEach(node -> node.postgres().heal());

            assertRefusedByAllWithin(BOUND, cluster, client);
            assertThat(number(cluster.database(), EPOCH)).isGreaterThan(epoch);
            assertRefusedByAll(cluster, client);
        }
    }

    /** Redis forgets, or is what it was before the client was suspended, records and position: nobody is let in at any time. */
    @Test
    void anOlderRedisLetsNobodyIn() throws Exception {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        // So that what Redis has is asked for all the time.
        settings.put("CLIENT_REGISTRY_CACHE_TTL", "1");
        settings.put("PORTCULLIS_FRESHNESS_GRACE", "0s");
        try (GatewayCluster cluster = GatewayCluster.start(3, settings);
                RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            TestClient client = cluster.client();
            TestClient other = cluster.client();
            assertThat(cluster.askAll(client.key())).containsOnly(200);
            await().atMost(LIMIT).until(() -> {
                cluster.askAll(client.key());
                return redis.exists(cluster.redisPrefix() + "client:" + client.id())
                        && redis.exists(cluster.redisPrefix() + "registry:applied");
            });
            RedisCopy older = RedisCopy.take(redis, cluster.redisPrefix());
            assertThat(older.size()).isGreaterThanOrEqualTo(3);
            TcpProxy cutOff = cluster.node(2).postgres();
            cutOff.cut();
            cluster.registry().status(client.id(), "SUSPENDED");
            // By then the one that is cut off has no lease of its own and no grace.
            await().atMost(BOUND.plus(LIMIT))
                    .untilAsserted(
                            () -> assertThat(cluster.askAll(client.key())).containsExactly(403, 403, 503));

            long least = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            long most = least + LIMIT.toNanos();
            // Both ways of refusing have to come up: which one meets a request depends on what Redis has at that
            // moment.
            for (int i = 0; System.nanoTime() < least || (!bothRefused(cluster) && System.nanoTime() < most); i++) {
                if (i % 3 == 2) {
                    RedisCopy.flush(redis, cluster.redisPrefix());
                } else {
                    older.restore(redis);
                }
                assertThat(cluster.askAll(client.key())).doesNotContain(200);
                assertThat(cluster.node(0).status(other.key())).isEqualTo(200);
            }
            assertThat(cluster.node(0).metric("registry_records_refused_total{reason=\"fence\"}"))
                    .isPositive();
            assertThat(cluster.node(2).metric("registry_records_refused_total{reason=\"unconfirmed\"}"))
                    .isPositive();
            older.restore(redis);
            assertThat(cluster.join().status(client.key())).isEqualTo(403);
            cutOff.heal();
            await().atMost(LIMIT).untilAsserted(() -> {
                older.restore(redis);
                assertThat(cluster.askAll(client.key())).containsOnly(403);
            });
        }
    }

    /** For a restore that nothing gives away: here, rows that go back behind the log's back. */
    @Test
    void anOperatorMakesAllNodesForgetWhatTheyHold() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, SETTINGS)) {
            TestClient client = cluster.client();
            assertThat(cluster.askAll(client.key())).containsOnly(200);
            run(TestServers.superuserUrl(cluster.database()), """
                    ALTER TABLE client_registry.clients DISABLE TRIGGER USER;
                    UPDATE client_registry.clients SET status = 'SUSPENDED'""");
            assertThat(cluster.askAll(client.key())).as("nobody can know").containsOnly(200);

            CommandRun reset =
                    new CommandRun.Place(TestGateway.environment(cluster.database())).run("db", "reset-epoch");

            assertThat(reset.exit()).as(reset.err()).isZero();
            assertRefusedByAllWithin(BOUND, cluster, client);
            assertThat(startedOver(cluster, "epoch")).isEqualTo(cluster.nodes().size());
            assertRefusedByAll(cluster, client);
        }
    }

    private static boolean bothRefused(Cluster<?> cluster) throws Exception {
        return cluster.node(0).metric("registry_records_refused_total{reason=\"fence\"}") > 0
                && cluster.node(2).metric("registry_records_refused_total{reason=\"unconfirmed\"}") > 0;
    }

    private static final String EPOCH = "SELECT counter FROM client_registry.registry_epoch";
    private static final String SEQ = "SELECT client_registry.current_seq()";
    private static final String XID_OF = "SELECT xid::text FROM client_registry.registry_commits WHERE seq = ";

    /** The rows of a cluster's database as a dump keeps them. */
    private record Dump(String database, DatabaseSnapshot rows, long epochThen) {

        static Dump take(Cluster<?> cluster) throws Exception {
            String database = cluster.database();
            return new Dump(
                    database, DatabaseSnapshot.take(TestServers.superuserUrl(database)), number(database, EPOCH));
        }

        void restore() throws Exception {
            rows.restore(TestServers.superuserUrl(database));
        }

        long seq() throws SQLException {
            return number(database, SEQ);
        }

        long epoch() throws SQLException {
            return number(database, EPOCH);
        }
    }

    /** The client is active now: every node has it, and has applied all that there is. */
    private static void activate(GatewayCluster cluster, TestClient client) throws Exception {
        // Before, some more commits, so that the way back is one of several.
        for (int i = 0; i < 3; i++) {
            cluster.client();
        }
        cluster.registry().status(client.id(), "ACTIVE");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(cluster.askAll(client.key())).containsOnly(200));
        long seq = number(cluster.database(), SEQ);
        for (ClusterNode<Gateway> node : cluster.nodes()) {
            await().atMost(LIMIT).until(() -> node.metric("registry_applied_seq") == seq);
        }
    }

    /** Commits of others, until the log is longer than that. */
    private static void writeBeyond(GatewayCluster cluster, long seq) throws SQLException {
        while (number(cluster.database(), SEQ) <= seq) {
            cluster.sql("INSERT INTO client_registry.clients (status) VALUES ('PENDING')");
        }
    }

    /** From now on, and it stays so. */
    private static void assertRefusedByAllWithin(Duration bound, GatewayCluster cluster, TestClient client) {
        long since = System.nanoTime();
        await().atMost(LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(cluster.askAll(client.key())).containsOnly(403));
        assertThat(System.nanoTime() - since).as("nanoseconds").isLessThanOrEqualTo(bound.toNanos());
        assertRefusedByAll(cluster, client);
    }

    private static void assertRefusedByAll(GatewayCluster cluster, TestClient client) {
        for (int i = 0; i < 20; i++) {
            assertThat(cluster.askAll(client.key()))
                    .isEqualTo(Collections.nCopies(cluster.nodes().size(), 403));
        }
    }

    /** What is in Redis once the position there is of after the last change. */
    private static RedisCopy awaitPosition(RawRedis redis, GatewayCluster cluster) throws Exception {
        String key = cluster.redisPrefix() + "registry:applied";
        for (int i = 0; i < 2; i++) {
            String before = redis.command("GET", key);
            await().atMost(LIMIT).until(() -> !redis.command("GET", key).equals(before));
        }
        return RedisCopy.take(redis, cluster.redisPrefix());
    }

    private static int startedOver(GatewayCluster cluster, String why) throws Exception {
        int times = 0;
        for (ClusterNode<Gateway> node : cluster.nodes()) {
            times += (int) node.metric("registry_started_over_total{reason=\"" + why + "\"}");
        }
        return times;
    }

    private static void run(String database, String text) throws SQLException {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    private static long number(String database, String query) throws SQLException {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
