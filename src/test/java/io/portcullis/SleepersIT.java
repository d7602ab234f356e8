package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.Pepper;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RedisCopy;
import io.portcullis.testing.TestServers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that stands still, as in a virtual machine that is paused, and goes on later as if nothing was: not by what it holds, and not
 * with what it was about to write.
 */
@Timeout(120)
class SleepersIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** The longest that a fence stands is ten seconds more than a record in Redis. */
    private static final Duration FENCE = Duration.ofSeconds(1 + 10);

    /**
     * A change is made and cut off the log while a process sleeps that holds the client as active. It finds the gap and drops what it holds,
     * though Redis, too, is put back to what it was. While others had to wait for it, nothing was cut off that it had not read.
     */
    @Test
    void aNodeThatSleptPastTheLogsEndStartsOver(@TempDir Path folder) throws Exception {
        String database = TestServers.freshDatabaseUrl();
        Map<String, String> settings =
                shared(Map.of("PORTCULLIS_FRESHNESS_LEASE", "1s", "PORTCULLIS_FRESHNESS_GRACE", "3s"));
        try (GatewayCluster awake = GatewayCluster.start(1, database, settings);
                ProcessCluster sleepers = ProcessCluster.start(folder, 1, database, settings);
                RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            ClusterNode<Gateway> witness = awake.node(0);
            ClusterNode<JarProcess> sleeper = sleepers.node(0);
            TestClient client = awake.client();
            assertThat(sleeper.status(client.key())).isEqualTo(200);
            assertThat(witness.status(client.key())).isEqualTo(200);
            awaitApplied(witness, number(database, "SELECT client_registry.current_seq()"));
            awaitApplied(sleeper, number(database, "SELECT client_registry.current_seq()"));
            RedisCopy before = RedisCopy.take(redis, awake.redisPrefix());

            sleeper.gateway().stop();
            long read = number(database, "SELECT min(applied_seq) FROM client_registry.node_heartbeats");
            awake.registry().status(client.id(), "SUSPENDED");
            awake.client();
            awake.client();
            long head = number(database, "SELECT client_registry.current_seq()");
            awaitApplied(witness, head);
            assertThat(prune(database))
                    .as("while the sleeper may accept what it holds")
                    .isLessThanOrEqualTo(read);
            await().atMost(LIMIT).until(() -> prune(database) > read);
            assertThat(prune(database)).as("but the newest commit").isEqualTo(head - 1);
            before.restore(redis);
            sleeper.gateway().cont();

            await().atMost(LIMIT).until(() -> {
                assertThat(sleeper.status(client.key())).isNotEqualTo(200);
                return sleeper.metric("registry_applied_seq") == head;
            });
            for (int i = 0; i < 20; i++) {
                assertThat(sleeper.status(client.key())).isEqualTo(403);
                assertThat(witness.status(client.key())).isEqualTo(403);
            }
            assertThat(sleeper.metric("registry_started_over_total{reason=\"gap\"}"))
                    .isEqualTo(1);
            assertThat(witness.calls().management("/metrics").body()).doesNotContain("reason=\"gap\"");
        }
    }

    /**
     * A process has asked PostgreSQL for a client, stands still when the answer is there, and fills Redis with it when all that others knew
     * of the change since is forgotten. Nobody believes that record, neither who was there nor who comes then, however often it is put there.
     */
    @Test
    void whatASleeperPutsIntoRedisAfterAllFencesFellIsRefused(@TempDir Path folder) throws Exception {
        String database = TestServers.freshDatabaseUrl();
        Map<String, String> settings = shared(Map.of(
                "CLIENT_REGISTRY_CACHE_TTL",
                "1",
                "PORTCULLIS_FRESHNESS_LEASE",
                "2s",
                "PORTCULLIS_SERVER_REQUEST_TIMEOUT",
                "60s",
                // One for look-ups, which has prepared its statement.
                "PORTCULLIS_POSTGRES_POOL_SIZE",
                "2"));
        try (GatewayCluster awake = GatewayCluster.start(1, database, settings);
                ProcessCluster sleepers = ProcessCluster.start(folder, 1, database, settings);
                RawRedis redis = new RawRedis(TestServers.redisUrl());
                Connection blocker = TestServers.connect(database);
                Statement blocking = blocker.createStatement()) {
            ClusterNode<Gateway> witness = awake.node(0);
            ClusterNode<JarProcess> sleeper = sleepers.node(0);
            TestClient client = awake.client();
            assertThat(sleeper.status(awake.client().key())).isEqualTo(200);
            String clientRecord = awake.redisPrefix() + "client:" + client.id();
            String keyRecord = awake.redisPrefix() + "client:key:"
                    + new Pepper(TestGateway.PEPPER).digest(client.key()).hex();

            // The look-up waits in PostgreSQL, and its answer then in the sleeper's socket. After it the way is closed,
            // so that
            // the sleeper hears of nothing that would make it repair what it breaks.
            blocker.setAutoCommit(false);
            blocking.execute("LOCK TABLE client_registry.client_keys IN ACCESS EXCLUSIVE MODE");
            CompletableFuture<HttpResponse<String>> asked =
                    sleeper.calls().askedWithKey(client.key(), Duration.ofSeconds(90));
            await().atMost(LIMIT).until(() -> number(database, waiting("wait_event_type = 'Lock'")) > 0);
            long session = number(database, waiting("wait_event_type = 'Lock'"));
            sleeper.gateway().stop();
            blocker.rollback();
            await().atMost(LIMIT)
                    .until(() -> number(database, waiting("state = 'idle' AND wait_event = 'ClientRead'")) == session);
            await().atMost(LIMIT).until(() -> sleeper.postgres().underWay() == 0);
            sleeper.postgres().freeze();

            awake.registry().status(client.id(), "SUSPENDED");
            long seq = number(database, "SELECT client_registry.current_seq()");
            long since = System.nanoTime();
            assertThat(witness.status(client.key())).isNotEqualTo(200);
            await().atMost(FENCE.plus(LIMIT)).until(() -> witness.metric("registry_floor_seq") >= seq);
            assertThat(System.nanoTime() - since).isGreaterThanOrEqualTo(FENCE.toNanos());
            assertThat(redis.exists(clientRecord)).isFalse();

            sleeper.gateway().cont();

            await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> redis.exists(clientRecord) && redis.exists(keyRecord));
            // They live for a second: enough for who asks just then, but not for a test.
            redis.command("PERSIST", clientRecord);
            redis.command("PERSIST", keyRecord);
            RedisCopy late = RedisCopy.take(redis, awake.redisPrefix());
            late.restore(redis);
            assertRefuses(witness, client);
            ClusterNode<Gateway> joined = awake.join();
            late.restore(redis);
            assertRefuses(joined, client);

            late.restore(redis);
            CompletableFuture<HttpResponse<String>> askedCutOff =
                    sleeper.calls().askedWithKey(client.key(), Duration.ofSeconds(90));
            await().atMost(LIMIT)
                    .until(() -> sleeper.metric("registry_records_refused_total{reason=\"unconfirmed\"}") >= 2);
            sleeper.postgres().heal();
            assertThat(asked.get(30, TimeUnit.SECONDS).statusCode()).isNotEqualTo(200);
            assertThat(askedCutOff.get(30, TimeUnit.SECONDS).statusCode()).isNotEqualTo(200);
            late.restore(redis);
            await().atMost(LIMIT).untilAsserted(() -> {
                int status = sleeper.status(client.key());
                assertThat(status).isNotEqualTo(200);
                assertThat(status).isEqualTo(403);
            });
        }
    }

    private static void assertRefuses(ClusterNode<Gateway> node, TestClient client) throws Exception {
        double refused = node.metric("registry_records_refused_total{reason=\"floor\"}");
        assertThat(node.status(client.key())).isEqualTo(403);
        assertThat(node.metric("registry_records_refused_total{reason=\"floor\"}"))
                .isGreaterThan(refused);
    }

    /** Settings by which nodes of two clusters are of one. */
    private static Map<String, String> shared(Map<String, String> settings) {
        Map<String, String> shared = new HashMap<>(settings);
        shared.put("PORTCULLIS_REDIS_PREFIX", "sleep" + UUID.randomUUID() + ":");
        return shared;
    }

    private static void awaitApplied(ClusterNode<?> node, long seq) {
        await().atMost(LIMIT).until(() -> node.metric("registry_applied_seq") >= seq);
    }

    /** Cuts off what may be; up to where that is by now. */
    private static long prune(String database) throws SQLException {
        number(database, "SELECT client_registry.prune_log(interval '0', 0, 1000)");
        return number(database, "SELECT seq FROM client_registry.registry_pruned");
    }

    /** The session, 0 for none, of a look-up by a key that is in this state. */
    private static String waiting(String state) {
        return "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%AS k_id%'"
                + " AND pid <> pg_backend_pid() AND " + state;
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
