package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.AdminServiceStandIn;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RealRedis;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Gateways beside an Admin Service: what it tells, what it has, and that it may be away. */
@Timeout(120)
class AdminServiceIT {

    private static final Duration SOON = Duration.ofSeconds(20);

    /** The Redis is shared by all tests, the stream is not. */
    private final String stream = "stream:" + UUID.randomUUID();

    private final Map<String, String> consuming = Map.of(
            "PORTCULLIS_DEPLOYMENT_ADMIN_EVENTS_INSTANCES", "1",
            "PORTCULLIS_ADMIN_EVENTS_STREAM", stream,
            "PORTCULLIS_FRESHNESS_LEASE", "1m");

    @Test
    void anEventIsAppliedByOneNodeAndDecidedByOnAll() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(3, consuming);
                RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            TestClient client = cluster.client();
            assertThat(cluster.askAll(client.key())).containsExactly(200, 200, 200);

            tell(redis, "client.suspended", client.id(), 1, new JsonObject());
            await().atMost(SOON).until(() -> cluster.askAll(client.key()).equals(List.of(403, 403, 403)));

            // Newer, and by a version: it is suspended all the same, until somebody here thinks better of it.
            tell(redis, "client.updated", client.id(), 2, new JsonObject().put("status", "ACTIVE"));
            await().atMost(SOON).until(() -> counted(cluster, "held") == 1);
            assertThat(cluster.askAll(client.key())).containsExactly(403, 403, 403);

            cluster.sql("UPDATE client_registry.clients SET status = 'ACTIVE' WHERE client_id = '" + client.id() + "'");
            await().atMost(SOON).until(() -> cluster.askAll(client.key()).equals(List.of(200, 200, 200)));

            tell(redis, "client.revoked", client.id(), 0, new JsonObject());
            await().atMost(SOON).until(() -> cluster.askAll(client.key()).equals(List.of(401, 401, 401)));
            assertThat(counted(cluster, "applied")).isEqualTo(2);
        }
    }

    /** A stream and its dead letters are keys of different slots. */
    @Test
    void eventsAreTakenFromAClusterEachOnceAndWhatIsNoneIsPutAside() throws Exception {
        try (RealRedis server = new RealRedis("--cluster-enabled", "yes")) {
            server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
            try (RawRedis redis = server.raw()) {
                await().atMost(SOON)
                        .until(() -> redis.command("CLUSTER", "INFO").contains("cluster_state:ok"));
                Map<String, String> settings = new HashMap<>(consuming);
                settings.put("PORTCULLIS_REDIS_URL", "redis+cluster://127.0.0.1:" + server.port());
                settings.put("PORTCULLIS_ADMIN_EVENTS_TRIES", "1");
                try (TestGateway gateway = TestGateway.start(settings)) {
                    TestClient client = gateway.client();
                    assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
                    String event = UUID.randomUUID().toString();
                    for (int i = 0; i < 3; i++) {
                        tell(redis, event, "client.suspended", client.id(), 1, new JsonObject());
                    }
                    redis.command("XADD", stream, "*", "event_id", "e-1", "event_type", "client.updated");

                    await().atMost(SOON)
                            .until(() -> gateway.withKey(client.key()).statusCode() == 403);
                    await().atMost(SOON)
                            .until(() -> gateway.metric(
                                            "admin_events_total{outcome=\"duplicate\",type=\"client.suspended\"}")
                                    == 2);
                    assertThat(gateway.metric("admin_events_total{outcome=\"applied\",type=\"client.suspended\"}"))
                            .isEqualTo(1);
                    await().atMost(SOON)
                            .until(() -> redis.command("XLEN", stream + ":dlq").contains("1"));
                    await().atMost(SOON).until(() -> gateway.metric("admin_events_lag") == 0);
                }
            }
        }
    }

    @Test
    void aGatewayWithoutClientsFetchesThemAndTheyGetIn() throws Exception {
        try (AdminServiceStandIn service = new AdminServiceStandIn(0, 250, "a-token");
                TestGateway gateway = TestGateway.start(Map.of(
                        "ADMIN_SERVICE_URL", service.url(),
                        "ADMIN_SERVICE_TOKEN", "a-token",
                        "PORTCULLIS_SYNC_PAGE_SIZE", "100",
                        "PORTCULLIS_SYNC_FIRST_START", "true"))) {
            await().atMost(SOON)
                    .until(() -> gateway.administration("/admin/v1/sync/batches")
                            .body()
                            .contains("COMPLETED"));

            JsonObject batch = new JsonObject(
                            gateway.administration("/admin/v1/sync/batches").body())
                    .getJsonArray("batches")
                    .getJsonObject(0);
            assertThat(batch.getInteger("total")).isEqualTo(250);
            assertThat(batch.getInteger("repaired")).isEqualTo(250);
            assertThat(basic(gateway, 1, "secret-1")).isEqualTo(200);
            assertThat(basic(gateway, 1, "secret-2")).isEqualTo(401);
            assertThat(basic(gateway, 49, "secret-49")).as("suspended there").isEqualTo(403);
            assertThat(basic(gateway, 4, "secret-4")).as("from elsewhere").isEqualTo(403);
            assertThat(gateway.administration("/admin/v1/sync/cid?client_id=" + AdminServiceStandIn.id(1))
                            .body())
                    .contains("v1:", "REPAIRED");
        }
    }

    @Test
    void aServiceThatFailsIsLeftAloneAndNobodyElseNotices() throws Exception {
        try (AdminServiceStandIn service = new AdminServiceStandIn(0, 250, null)) {
            service.fail("status", 503);
            try (LoopWatch loops = new LoopWatch();
                    TestGateway gateway = TestGateway.start(Map.of(
                            "ADMIN_SERVICE_URL", service.url(),
                            "PORTCULLIS_BREAKER_MINIMUM_CALLS", "3",
                            "PORTCULLIS_BREAKER_OPEN_FOR", "10m",
                            "PORTCULLIS_SYNC_FIRST_START", "true"))) {
                await().atMost(SOON)
                        .until(() -> gateway.metric("upstream_breaker_state{service=\"admin-service\"}") == 2);
                long asked = service.requests();
                TestClient client = gateway.client();
                assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
                long steady = System.nanoTime();
                for (int i = 0; i < 500; i++) {
                    assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
                }
                assertThat(loops.heldSince(steady)).isEmpty();
                assertThat(service.requests())
                        .as("asked while it is left alone")
                        .isEqualTo(asked);
                // Readiness remembers for a second.
                await().atMost(SOON).untilAsserted(() -> {
                    var ready = gateway.management("/health/ready");
                    assertThat(ready.statusCode()).isEqualTo(200);
                    assertThat(ready.body()).contains("admin-service", "its breaker is open");
                });
            }
        }
    }

    private static double counted(GatewayCluster cluster, String outcome) throws Exception {
        double all = 0;
        for (ClusterNode<Gateway> node : cluster.nodes()) {
            for (String type : List.of("client.suspended", "client.updated", "client.revoked")) {
                all += node.metric("admin_events_total{outcome=\"" + outcome + "\",type=\"" + type + "\"}");
            }
        }
        return all;
    }

    private void tell(RawRedis redis, String type, String clientId, int version, JsonObject payload) throws Exception {
        tell(redis, UUID.randomUUID().toString(), type, clientId, version, payload);
    }

    private void tell(RawRedis redis, String event, String type, String clientId, int version, JsonObject payload)
            throws Exception {
        redis.command(
                "XADD",
                stream,
                "*",
                "event_id",
                event,
                "event_type",
                type,
                "occurred_at",
                "2026-11-28T10:00:00Z",
                "version",
                version == 0 ? "" : Integer.toString(version),
                "payload",
                payload.put("client_id", clientId).encode());
    }

    private static int basic(TestGateway gateway, int client, String secret) throws Exception {
        String pair = AdminServiceStandIn.id(client) + ":" + secret;
        return gateway.auth(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)))
                .statusCode();
    }
}
