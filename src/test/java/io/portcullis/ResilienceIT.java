package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the ladder does under load, with a tampered Redis, and with a server cut off. */
class ResilienceIT {

    @Test
    void aThousandConcurrentMissesOfOneKeyAreOneQuery() throws Exception {
        try (TestGateway gateway = TestGateway.start(Map.of("PORTCULLIS_SERVER_REQUEST_TIMEOUT", "20s"))) {
            TestClient client = gateway.client();
            String other = gateway.client().key();
            gateway.withKey(other);
            double before = storeLookups(gateway);
            HttpClient http =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            List<CompletableFuture<HttpResponse<Void>>> answers = new ArrayList<>();
            try (Connection blocker = TestServers.connect(gateway.database());
                    Statement statement = blocker.createStatement()) {
                blocker.setAutoCommit(false);
                // The first look-up waits in PostgreSQL until all thousand are in the house.
                statement.execute("LOCK TABLE client_registry.client_keys IN ACCESS EXCLUSIVE MODE");
                for (int i = 0; i < 1000; i++) {
                    answers.add(http.sendAsync(
                            gateway.request("/auth", "X-API-Key", client.key()),
                            HttpResponse.BodyHandlers.discarding()));
                }
                await().atMost(Duration.ofSeconds(15))
                        .until(() -> gateway.metric("registry_lookups_total{result=\"miss\",tier=\"near\"}") >= 1001);
                blocker.rollback();
            }

            for (CompletableFuture<HttpResponse<Void>> answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            }
            assertThat(storeLookups(gateway) - before).isEqualTo(1);
        }
    }

    @Test
    void aWarmKeyAsksNobody() throws Exception {
        try (TestGateway gateway = TestGateway.start(Map.of("PORTCULLIS_FRESHNESS_LEASE", "1m"))) {
            String key = gateway.client().key();
            gateway.withKey(key);
            double store = storeLookups(gateway);
            double redis = gateway.metric("redis_hits_total") + gateway.metric("redis_misses_total");

            for (int i = 0; i < 50; i++) {
                assertThat(gateway.withKey(key).statusCode()).isEqualTo(200);
            }

            assertThat(storeLookups(gateway)).isEqualTo(store);
            assertThat(gateway.metric("redis_hits_total") + gateway.metric("redis_misses_total"))
                    .isEqualTo(redis);
            assertThat(gateway.metric("registry_lookups_total{result=\"hit\",tier=\"near\"}"))
                    .isEqualTo(50);
        }
    }

    @Test
    void whatStandsInRedisIsSharedAndWhatIsForgedThereLetsNobodyIn() throws Exception {
        String prefix = "tamper" + UUID.randomUUID() + ":";
        Map<String, String> settings = Map.of("PORTCULLIS_REDIS_PREFIX", prefix, "PORTCULLIS_FRESHNESS_LEASE", "1m");
        Vertx vertx = Vertx.vertx();
        Redis redis = Redis.createClient(vertx, TestServers.redisUrl());
        try (TestGateway first = TestGateway.start(settings)) {
            TestClient good = first.client();
            TestClient suspended = first.client("SUSPENDED");
            TestClient bit = first.client("SUSPENDED");
            first.awaitApplied();
            String made = ApiKey.generate("test", new SecureRandom());
            assertThat(first.withKey(good.key()).statusCode()).isEqualTo(200);
            assertThat(first.withKey(suspended.key()).statusCode()).isEqualTo(403);
            String goodKey = prefix + "client:key:" + digest(good.key());
            await().atMost(Duration.ofSeconds(5)).until(() -> get(redis, goodKey) != null);

            Map<String, String> sameDatabase = new HashMap<>(settings);
            sameDatabase.put("PORTCULLIS_POSTGRES_URL", first.database());
            sameDatabase.put("PORTCULLIS_REDIS_MIN_IDLE", "10");
            try (TestGateway second = TestGateway.start(sameDatabase)) {
                // A node counts nothing from Redis before it knows which database it belongs to.
                awaitRedis(second);
                second.withKey(first.client().key());
                first.awaitApplied();
                double hits = second.metric("registry_lookups_total{result=\"hit\",tier=\"redis\"}");
                assertThat(second.withKey(good.key()).statusCode()).isEqualTo(200);
                assertThat(second.metric("registry_lookups_total{result=\"hit\",tier=\"redis\"}"))
                        .isEqualTo(hits + 1);
            }

            Buffer record = Objects.requireNonNull(get(redis, goodKey));
            // The good key's record under the name of a key that was never issued.
            set(redis, prefix + "client:key:" + digest(made), record);
            // The good client's record in place of the suspended one's.
            Buffer goodClient = Objects.requireNonNull(get(redis, prefix + "client:" + good.id()));
            set(redis, prefix + "client:" + suspended.id(), goodClient);
            // Another client with one bit changed.
            first.withKey(bit.key());
            await().atMost(Duration.ofSeconds(5)).until(() -> get(redis, prefix + "client:" + bit.id()) != null);
            Buffer flipped = Objects.requireNonNull(get(redis, prefix + "client:" + bit.id()));
            flipped.setByte(flipped.length() - 1, (byte) (flipped.getByte(flipped.length() - 1) ^ 1));
            set(redis, prefix + "client:" + bit.id(), flipped);

            try (TestGateway third = TestGateway.start(sameDatabase)) {
                awaitRedis(third);
                third.withKey(first.client().key());
                first.awaitApplied();
                double forged = third.metric("registry_records_refused_total{reason=\"mac\"}");
                assertThat(third.withKey(made).statusCode()).isEqualTo(401);
                assertThat(third.withKey(suspended.key()).statusCode()).isEqualTo(403);
                assertThat(third.withKey(bit.key()).statusCode()).isEqualTo(403);
                assertThat(third.metric("registry_records_refused_total{reason=\"mac\"}"))
                        .isEqualTo(forged + 3);
            }
        } finally {
            vertx.close().await(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aRecordInRedisThatOutlivedItsDatabaseOrItsChangeDoesNotCount() throws Exception {
        String prefix = "age" + UUID.randomUUID() + ":";
        Map<String, String> settings = Map.of("PORTCULLIS_REDIS_PREFIX", prefix);
        Vertx vertx = Vertx.vertx();
        Redis redis = Redis.createClient(vertx, TestServers.redisUrl());
        try (TestGateway first = TestGateway.start(settings)) {
            TestClient client = first.client();
            first.awaitApplied();
            assertThat(first.withKey(client.key()).statusCode()).isEqualTo(200);
            String name = prefix + "client:key:" + digest(client.key());
            String clientName = prefix + "client:" + client.id();
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> get(redis, name) != null && get(redis, clientName) != null);
            // A Redis that keeps what it should have dropped.
            Buffer key = Objects.requireNonNull(get(redis, name));
            Buffer old = Objects.requireNonNull(get(redis, clientName));
            Map<String, String> sameDatabase = new HashMap<>(settings);
            sameDatabase.put("PORTCULLIS_POSTGRES_URL", first.database());
            first.sql(
                    "UPDATE client_registry.clients SET status = 'SUSPENDED' WHERE client_id = '" + client.id() + "'");

            // A process that was not there when it changed has read the log back.
            try (TestGateway later = TestGateway.start(sameDatabase)) {
                set(redis, name, key);
                set(redis, clientName, old);
                assertThat(later.withKey(client.key()).statusCode()).isEqualTo(403);
                assertThat(later.metric("registry_records_refused_total{reason=\"fence\"}"))
                        .isPositive();
            }

            first.sql("SELECT client_registry.raise_epoch(NULL)");
            try (TestGateway restored = TestGateway.start(sameDatabase)) {
                set(redis, name, key);
                set(redis, clientName, old);
                assertThat(restored.withKey(client.key()).statusCode()).isEqualTo(403);
                assertThat(restored.metric("registry_records_refused_total{reason=\"epoch\"}"))
                        .isPositive();
            }
        } finally {
            vertx.close().await(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void withoutPostgresColdKeysGet503AndWarmOnesGoOnForTheirGrace() throws Exception {
        String database = TestServers.freshDatabaseUrl();
        URI server = URI.create(database);
        Map<String, String> settings = Map.of(
                "PORTCULLIS_FRESHNESS_LEASE",
                "500ms",
                "PORTCULLIS_FRESHNESS_GRACE",
                "4s",
                "PORTCULLIS_SERVER_REQUEST_TIMEOUT",
                "1s");
        try (TcpProxy way = TcpProxy.to(server.getHost(), server.getPort());
                TestGateway gateway = TestGateway.startBehind(way.port(), database, settings)) {
            TestClient warm = gateway.client();
            TestClient strict = gateway.client();
            TestClient cold = gateway.client();
            gateway.sql("UPDATE client_registry.clients SET grace_seconds = 0 WHERE client_id = '" + strict.id() + "'");
            assertThat(gateway.withKey(warm.key()).statusCode()).isEqualTo(200);
            assertThat(gateway.withKey(strict.key()).statusCode()).isEqualTo(200);

            way.cut();

            HttpResponse<String> refused = gateway.withKey(cold.key());
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            assertThat(refused.body()).contains("65011").doesNotContain("127.0.0.1");
            await().atMost(Duration.ofSeconds(3)).untilAsserted(() -> {
                HttpResponse<String> stale = gateway.withKey(warm.key());
                assertThat(stale.statusCode()).isEqualTo(200);
                assertThat(stale.headers().firstValue("X-Auth-Stale")).contains("true");
                assertThat(gateway.withKey(strict.key()).statusCode()).isEqualTo(503);
            });
            assertThat(gateway.metric("auth_requests_total{outcome=\"unavailable\"}"))
                    .isPositive();
            assertThat(gateway.management("/health/ready").body()).contains("degraded");
            await().atMost(Duration.ofSeconds(8))
                    .untilAsserted(() ->
                            assertThat(gateway.withKey(warm.key()).statusCode()).isEqualTo(503));

            way.heal();

            await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
                assertThat(gateway.withKey(cold.key()).statusCode()).isEqualTo(200);
                assertThat(gateway.withKey(warm.key()).headers().firstValue("X-Auth-Stale"))
                        .isEmpty();
            });
        }
    }

    @Test
    void withoutRedisNothingIsRefused() throws Exception {
        URI server = URI.create(TestServers.redisUrl());
        try (TcpProxy way = TcpProxy.to(server.getHost(), server.getPort());
                TestGateway gateway = TestGateway.start(Map.of(
                        "PORTCULLIS_REDIS_URL",
                        TestServers.redisUrl().replace(":" + server.getPort() + "/", ":" + way.port() + "/")))) {
            assertThat(gateway.withKey(gateway.client().key()).statusCode()).isEqualTo(200);

            way.cut();
            for (int i = 0; i < 20; i++) {
                assertThat(gateway.withKey(gateway.client().key()).statusCode()).isEqualTo(200);
            }
            assertThat(gateway.metric("registry_lookups_total{result=\"error\",tier=\"redis\"}"))
                    .isPositive();
            assertThat(gateway.management("/health/ready").statusCode()).isEqualTo(200);

            way.heal();
            double hits = gateway.metric("redis_misses_total");
            await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
                gateway.withKey(gateway.client().key());
                assertThat(gateway.metric("redis_misses_total")).isGreaterThan(hits);
            });
        }
    }

    @Test
    void aRedisThatHangsRefusesNobody() throws Exception {
        URI server = URI.create(TestServers.redisUrl());
        try (TcpProxy way = TcpProxy.to(server.getHost(), server.getPort());
                TestGateway gateway = TestGateway.start(Map.of(
                        "PORTCULLIS_REDIS_URL",
                        TestServers.redisUrl().replace(":" + server.getPort() + "/", ":" + way.port() + "/")))) {
            assertThat(gateway.withKey(gateway.client().key()).statusCode()).isEqualTo(200);

            way.freeze();

            for (int i = 0; i < 5; i++) {
                HttpResponse<String> answer = gateway.withKey(gateway.client().key());
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("X-Auth-Stale")).isEmpty();
            }
        }
    }

    @Test
    void aPostgresThatHangsHoldsUpOneRequestASecondAtMost() throws Exception {
        String database = TestServers.freshDatabaseUrl();
        URI server = URI.create(database);
        Map<String, String> settings =
                Map.of("PORTCULLIS_FRESHNESS_LEASE", "500ms", "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "1s");
        try (TcpProxy way = TcpProxy.to(server.getHost(), server.getPort());
                TestGateway gateway = TestGateway.startBehind(way.port(), database, settings)) {
            String warm = gateway.client().key();
            String cold = gateway.client().key();
            assertThat(gateway.withKey(warm).statusCode()).isEqualTo(200);

            way.freeze();

            assertThat(gateway.withKey(cold).statusCode()).isEqualTo(503);
            await().atMost(Duration.ofSeconds(3))
                    .untilAsserted(
                            () -> assertThat(gateway.withKey(warm).headers().firstValue("X-Auth-Stale"))
                                    .isPresent());
            double asked = gateway.metric("registry_lookups_total{result=\"miss\",tier=\"redis\"}");
            for (int i = 0; i < 200; i++) {
                assertThat(gateway.withKey(warm).statusCode()).isEqualTo(200);
            }
            assertThat(gateway.metric("registry_lookups_total{result=\"miss\",tier=\"redis\"}") - asked)
                    .isLessThan(10);

            way.heal();
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(
                            () -> assertThat(gateway.withKey(cold).statusCode()).isEqualTo(200));
        }
    }

    @Test
    void aTriggerThatIsSwitchedOffMakesTheNodeNotReady() throws Exception {
        try (TestGateway gateway = TestGateway.start(Map.of())) {
            assertThat(gateway.management("/health/ready").statusCode()).isEqualTo(200);

            gateway.sql("ALTER TABLE client_registry.client_keys DISABLE TRIGGER log_delete");

            await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
                HttpResponse<String> ready = gateway.management("/health/ready");
                assertThat(ready.statusCode()).isEqualTo(503);
                assertThat(ready.body()).contains("log_delete");
            });
        }
    }

    private static double storeLookups(TestGateway gateway) throws Exception {
        return gateway.metric("registry_lookups_total{result=\"hit\",tier=\"store\"}")
                + gateway.metric("registry_lookups_total{result=\"miss\",tier=\"store\"}");
    }

    private static String digest(String key) {
        return new Pepper(TestGateway.PEPPER).digest(key).hex();
    }

    /** A node does not wait for its links to Redis, and each link has its own share of the keys. */
    private static void awaitRedis(TestGateway gateway) {
        await().atMost(Duration.ofSeconds(10)).until(() -> {
            JsonObject connections = new JsonObject(
                            gateway.administration("/admin/v1/cache/stats").body())
                    .getJsonObject("connections");
            return connections != null
                    && connections.getInteger("down") == 0
                    && connections.getInteger("active") + connections.getInteger("idle") > 1;
        });
    }

    private static @Nullable Buffer get(Redis redis, String name) throws Exception {
        Response value = redis.send(Request.cmd(Command.GET).arg(name)).await(5, TimeUnit.SECONDS);
        return value == null ? null : value.toBuffer().copy();
    }

    private static void set(Redis redis, String name, Buffer value) throws Exception {
        redis.send(Request.cmd(Command.SET).arg(name).arg(value)).await(5, TimeUnit.SECONDS);
    }
}
