package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RealRedis;
import io.portcullis.testing.RedisSentinels;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole gateway on a Redis that changes its master, and without one. */
@Timeout(90)
class RedisFailoverIT {

    @Test
    void aFailoverOfRedisRefusesNobodyAndTheCacheIsBackByItself() throws Exception {
        try (RedisSentinels redis = new RedisSentinels();
                TestGateway gateway = TestGateway.start(Map.of(
                        "PORTCULLIS_REDIS_URL",
                        redis.url(),
                        "PORTCULLIS_REDIS_SENTINEL_PASSWORD",
                        RedisSentinels.PASSWORD,
                        "PORTCULLIS_REDIS_PREFIX",
                        "fo:"))) {
            TestClient before = gateway.client();
            assertThat(gateway.withKey(before.key()).statusCode()).isEqualTo(200);
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> holds(redis.master().raw(), before));

            redis.master().kill();
            await().atMost(Duration.ofSeconds(20)).until(() -> {
                TestClient cold = gateway.client();
                assertThat(gateway.withKey(cold.key()).statusCode()).isEqualTo(200);
                assertThat(gateway.withKey(before.key()).statusCode()).isEqualTo(200);
                return holds(redis.replica().raw(), cold);
            });
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> new JsonObject(
                                    gateway.management("/health/ready").body())
                            .getString("status")
                            .equals("up"));
        }
    }

    private static boolean holds(RawRedis redis, TestClient client) throws Exception {
        try (redis) {
            return redis.exists("fo:client:" + client.id());
        }
    }

    /** Of one node, which has all slots; that there may be more, and that they move, is shown of the link. */
    @Test
    void nodesShareTheirRecordsThroughACluster() throws Exception {
        try (RealRedis redis = new RealRedis("--cluster-enabled", "yes")) {
            redis.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
            await().atMost(Duration.ofSeconds(10)).until(() -> clusterIsUp(redis.raw()));
            Map<String, String> settings = new HashMap<>();
            settings.put("PORTCULLIS_REDIS_URL", "redis+cluster://127.0.0.1:" + redis.port());
            settings.put("PORTCULLIS_REDIS_PREFIX", "fo:");
            try (TestGateway first = TestGateway.start(settings)) {
                TestClient client = first.client();
                assertThat(first.withKey(client.key()).statusCode()).isEqualTo(200);
                await().atMost(Duration.ofSeconds(5)).until(() -> holds(redis.raw(), client));
                settings.put("PORTCULLIS_POSTGRES_URL", first.database());
                try (TestGateway second = TestGateway.start(settings)) {
                    // A node counts nothing from Redis before it knows which database it belongs to.
                    second.withKey(first.client().key());
                    double hits = second.metric("registry_lookups_total{result=\"hit\",tier=\"redis\"}");
                    assertThat(second.withKey(client.key()).statusCode()).isEqualTo(200);
                    assertThat(second.metric("registry_lookups_total{result=\"hit\",tier=\"redis\"}"))
                            .isEqualTo(hits + 1);
                    assertThat(stats(second).getLong("entries")).isPositive();
                }
            }
        }
    }

    private static boolean clusterIsUp(RawRedis redis) throws Exception {
        try (redis) {
            return redis.command("CLUSTER", "INFO").contains("cluster_state:ok");
        }
    }

    @Test
    void withTheCacheSwitchedOffRedisHoldsNoRecordsAndIsNotAskedForAny() throws Exception {
        String prefix = "off" + UUID.randomUUID() + ":";
        Map<String, String> settings = new HashMap<>();
        settings.put("CACHE_ENABLED", "false");
        settings.put("PORTCULLIS_REDIS_PREFIX", prefix);
        try (TestGateway gateway = TestGateway.start(settings);
                RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            TestClient client = gateway.client();
            assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
            assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
            assertThat(redis.keys(prefix + "client")).isEmpty();
            assertThat(gateway.metric("registry_lookups_total{result=\"miss\",tier=\"redis\"}"))
                    .isZero();
        }
    }

    @Test
    void administratorsSeeWhatRedisHolds() throws Exception {
        try (TestGateway gateway = TestGateway.start(Map.of())) {
            TestClient client = gateway.client();
            assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
            await().atMost(Duration.ofSeconds(5)).until(() -> stats(gateway).getLong("entries") >= 1);
            JsonObject stats = stats(gateway);
            assertThat(stats.getLong("misses")).isPositive();
            assertThat(stats.getLong("keys")).isGreaterThanOrEqualTo(stats.getLong("entries"));
            assertThat(stats.getLong("memory_bytes")).isPositive();
            assertThat(stats.getInteger("servers")).isEqualTo(1);
            assertThat(gateway.management("/admin/v1/cache/stats").statusCode()).isEqualTo(401);
        }
    }

    /** The instance that answers has a link of its own, which may not be up when the others are. */
    private static JsonObject stats(TestGateway gateway) {
        HttpResponse<String> answer = await().atMost(Duration.ofSeconds(5))
                .until(
                        () -> gateway.management(
                                "/admin/v1/cache/stats", "Authorization", "Bearer " + TestGateway.TOKEN),
                        given -> given.statusCode() == 200);
        return new JsonObject(answer.body());
    }
}
