package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.ApiKey;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Uses and traffic, from requests to the tables and the answer. */
@Timeout(120)
class UsageIT {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String KEYS_DROPPED = "write_behind_dropped_total{what=\"key_uses\"}";
    private static final Map<String, String> QUICK = Map.of("PORTCULLIS_USAGE_FLUSH_EVERY", "100ms");

    /** So rarely that nothing is written but by a stop. */
    private static final Map<String, String> NEVER = Map.of("PORTCULLIS_USAGE_FLUSH_EVERY", "1m");

    @Test
    void allowedRequestsOfAKeyAreCountedOnceEachOnEveryNode() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, QUICK)) {
            TestClient one = cluster.client();
            TestClient two = cluster.client();
            for (int i = 0; i < 40; i++) {
                assertThat(cluster.node(i % 2).status(one.key())).isEqualTo(200);
                assertThat(cluster.node(0).status(two.key())).isEqualTo(200);
            }
            cluster.registry().status(two.id(), "SUSPENDED");
            await().atMost(LIMIT).until(() -> cluster.node(0).status(two.key()) == 403);

            await().atMost(LIMIT).untilAsserted(() -> {
                assertThat(uses(cluster.database(), one)).isEqualTo(40);
                assertThat(uses(cluster.database(), two)).isGreaterThanOrEqualTo(40);
            });
            assertThat(one(
                            cluster.database(),
                            "SELECT bool_and(last_used_at > now() - INTERVAL '1 minute')"
                                    + " FROM client_registry.client_key_usage"))
                    .isEqualTo("t");
        }
    }

    @Test
    void aCleanStopLosesNothing() throws Exception {
        String database;
        TestClient client;
        try (TestGateway gateway = TestGateway.start(NEVER)) {
            database = gateway.database();
            client = gateway.client();
            for (int i = 0; i < 25; i++) {
                assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
            }
            assertThat(uses(database, client)).isZero();
        }
        assertThat(uses(database, client)).isEqualTo(25);
        assertThat(one(
                        database,
                        "SELECT sum((counts->>'outcome.allowed')::bigint) FROM client_registry.traffic_minutes"))
                .isEqualTo("25");
    }

    @Test
    void whilePostgresIsAwayNothingWaitsAndTheUsesComeWhenItIsBack() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(1, QUICK)) {
            TestClient client = cluster.client();
            ClusterNode<Gateway> node = cluster.node(0);
            assertThat(node.status(client.key())).isEqualTo(200);
            await().atMost(LIMIT).until(() -> uses(cluster.database(), client) == 1);

            node.postgres().cut();
            long slowest = 0;
            for (int i = 0; i < 100; i++) {
                long started = System.nanoTime();
                assertThat(node.status(client.key())).isEqualTo(200);
                slowest = Math.max(slowest, System.nanoTime() - started);
            }
            await().atMost(LIMIT)
                    .until(() -> node.metric("write_behind_flushes_total{result=\"failed\",what=\"key_uses\"}") >= 1);
            assertThat(Duration.ofNanos(slowest)).isLessThan(Duration.ofSeconds(1));
            assertThat(node.metric("write_behind_keys{what=\"key_uses\"}")).isEqualTo(1);
            HttpResponse<String> stats = node.administration("/admin/v1/stats");
            assertThat(stats.statusCode()).isEqualTo(503);
            assertThat(new JsonObject(stats.body()).getInteger("code")).isEqualTo(65011);
            assertThat(stats.headers().firstValue("Content-Type")).hasValue("application/problem+json");

            node.postgres().heal();
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(uses(cluster.database(), client)).isEqualTo(101));
            assertThat(node.metric(KEYS_DROPPED)).isZero();
        }
    }

    /** An answer that is lost: whether the batch was written, nobody knows. */
    @Test
    void whatWasWrittenWithoutAnAnswerIsNotWrittenTwice() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(1, QUICK)) {
            TestClient client = cluster.client();
            ClusterNode<Gateway> node = cluster.node(0);
            int sent = 0;
            for (int round = 0; round < 3; round++) {
                long before = uses(cluster.database(), client);
                node.postgres().delay(Duration.ofMillis(200));
                for (int i = 0; i < 30; i++) {
                    assertThat(node.status(client.key())).isEqualTo(200);
                    sent++;
                }
                // Committed, and its answer is on the way.
                await().atMost(LIMIT)
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> uses(cluster.database(), client) > before);
                node.postgres().cut();
                node.postgres().heal();
                node.postgres().delay(Duration.ZERO);
            }
            assertThat(node.metric("write_behind_flushes_total{result=\"failed\",what=\"key_uses\"}"))
                    .isPositive();
            int expected = sent;
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(uses(cluster.database(), client)).isEqualTo(expected));
        }
    }

    @Test
    void whilePostgresIsAwayMemoryIsBoundedAndWhatIsBeyondIsCounted() throws Exception {
        int most = 100;
        int keys = 130;
        try (GatewayCluster cluster = GatewayCluster.start(
                1, Map.of("PORTCULLIS_USAGE_FLUSH_EVERY", "100ms", "PORTCULLIS_USAGE_MOST_KEYS", "" + most))) {
            ClusterNode<Gateway> node = cluster.node(0);
            TestClient client = cluster.client();
            List<String> all = new ArrayList<>();
            for (int i = 0; i < keys; i++) {
                String key = ApiKey.generate("test", new SecureRandom());
                cluster.registry().key(client.id(), key);
                all.add(key);
                assertThat(node.status(key)).isEqualTo(200);
            }
            await().atMost(LIMIT).until(() -> total(cluster.database()) == keys);

            node.postgres().cut();
            for (String key : all) {
                assertThat(node.status(key)).isEqualTo(200);
            }
            await().atMost(LIMIT).until(() -> node.metric(KEYS_DROPPED) == keys - most);
            assertThat(node.metric("write_behind_keys{what=\"key_uses\"}")).isEqualTo(most);

            node.postgres().heal();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(total(cluster.database())).isEqualTo(keys + most));
        }
    }

    @Test
    void afterKnownTrafficTheStatsAreExact() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, QUICK)) {
            TestClient busy = cluster.client();
            TestClient quiet = cluster.client();
            cluster.sql(
                    "UPDATE client_registry.clients SET client_code = 'busy', tenant_id = 'shop' WHERE client_id = '"
                            + busy.id() + "'");
            for (int i = 0; i < 30; i++) {
                assertThat(cluster.node(i % 2).status(busy.key())).isEqualTo(200);
            }
            for (int i = 0; i < 3; i++) {
                assertThat(cluster.node(0).status(quiet.key())).isEqualTo(200);
                assertThat(cluster.node(1).calls().auth().statusCode()).isEqualTo(401);
            }

            await().atMost(LIMIT).untilAsserted(() -> {
                JsonObject stats = stats(cluster, "?minutes=5");
                JsonObject totals = stats.getJsonObject("totals");
                assertThat(totals.getInteger("requests")).isEqualTo(36);
                assertThat(totals.getJsonObject("outcomes").getMap())
                        .isEqualTo(Map.of("allowed", 33, "missing_credentials", 3));
                // The first of each key on each node is not near, and is somebody else's work where Redis has it.
                JsonObject tiers = totals.getJsonObject("tiers");
                assertThat(tiers.getInteger("near_hit")).isEqualTo(30);
                assertThat(tiers.getInteger("near_miss")).isEqualTo(3);
                assertThat(tiers.getInteger("redis_hit", 0) + tiers.getInteger("store_hit", 0))
                        .isEqualTo(3);
                assertThat(stats.getInteger("nodes")).isEqualTo(2);
                JsonArray top = stats.getJsonArray("top_clients");
                assertThat(top).hasSize(2);
                assertThat(top.getJsonObject(0).getMap())
                        .isEqualTo(Map.of(
                                "client_id", busy.id(), "client_code", "busy", "tenant_id", "shop", "requests", 30));
                assertThat(top.getJsonObject(1).getInteger("requests")).isEqualTo(3);
            });

            JsonObject stats = stats(cluster, "?minutes=5&top=1");
            assertThat(stats.getJsonArray("top_clients")).hasSize(1);
            assertThat(stats.getBoolean("sampled")).isTrue();
            int requests = 0;
            for (int i = 0; i < stats.getJsonArray("minutes").size(); i++) {
                JsonObject minute = stats.getJsonArray("minutes").getJsonObject(i);
                requests += minute.getInteger("requests");
            }
            assertThat(requests).isEqualTo(36);
            JsonObject latency = stats.getJsonObject("totals").getJsonObject("latency_ms");
            assertThat(latency.getDouble("p50")).isPositive().isLessThanOrEqualTo(latency.getDouble("p99"));
            assertThat(latency.getDouble("p99")).isLessThanOrEqualTo(latency.getDouble("max"));
        }
    }

    @Test
    void whatIsOlderThanADayIsPrunedAndNotShown() throws Exception {
        try (TestGateway gateway = TestGateway.start(NEVER)) {
            gateway.sql("INSERT INTO client_registry.traffic_minutes SELECT now() - h * INTERVAL '1 hour', 'gone',"
                    + " '{\"outcome.allowed\": 1}', 1, '{}' FROM generate_series(1, 30) h");
            try (TestGateway another = TestGateway.start(Map.of("PORTCULLIS_POSTGRES_URL", gateway.database()))) {
                await().atMost(LIMIT)
                        .until(() -> one(gateway.database(), "SELECT count(*) FROM client_registry.traffic_minutes")
                                .equals("23"));
                JsonObject stats = new JsonObject(
                        another.administration("/admin/v1/stats?minutes=1440").body());
                assertThat(stats.getJsonObject("totals").getInteger("requests")).isEqualTo(23);
                assertThat(stats.getJsonArray("minutes")).hasSize(23);
            }
        }
    }

    @Test
    void aQuestionThatMakesNoSenseIsToldSo() throws Exception {
        try (TestGateway gateway = TestGateway.start(NEVER)) {
            for (String wrong : List.of("minutes=0", "minutes=1441", "minutes=x", "top=0", "top=101", "top=-")) {
                assertThat(gateway.administration("/admin/v1/stats?" + wrong).statusCode())
                        .as(wrong)
                        .isEqualTo(400);
            }
            JsonObject nothing =
                    new JsonObject(gateway.administration("/admin/v1/stats").body());
            assertThat(nothing.getJsonArray("minutes")).isEmpty();
            assertThat(nothing.getJsonObject("totals")
                            .getJsonObject("latency_ms")
                            .getValue("p50"))
                    .isNull();
            assertThat(gateway.management("/admin/v1/stats").statusCode()).isEqualTo(401);
        }
    }

    private static JsonObject stats(GatewayCluster cluster, String query) throws Exception {
        return new JsonObject(
                cluster.node(0).administration("/admin/v1/stats" + query).body());
    }

    static long uses(String database, TestClient client) throws SQLException {
        return Long.parseLong(one(
                database,
                "SELECT coalesce(sum(use_count), 0) FROM client_registry.client_key_usage JOIN client_registry.client_keys"
                        + " USING (key_id) WHERE client_id = '" + client.id() + "'"));
    }

    private static long total(String database) throws SQLException {
        return Long.parseLong(
                one(database, "SELECT coalesce(sum(use_count), 0) FROM client_registry.client_key_usage"));
    }

    static String one(String database, String query) throws SQLException {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }
}
