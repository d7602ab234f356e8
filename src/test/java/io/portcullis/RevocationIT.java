package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.testing.Oracle;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is taken back is taken back on every node; what is given is given. */
@Timeout(120)
class RevocationIT {

    private static final int REVOCATIONS = 60;
    private static final int READERS = 3;

    /** On machines that do other things, too; how fast it is, is measured elsewhere. */
    private static final Duration SOON = Duration.ofSeconds(2);

    @Test
    void aRevokedClientIsRefusedOnEveryNode() throws Exception {
        // A grace and a lease that nobody would wait for: what counts here is that the nodes hear of it.
        try (GatewayCluster cluster = GatewayCluster.start(3, Map.of("PORTCULLIS_FRESHNESS_LEASE", "1m"))) {
            List<TestClient> clients = new ArrayList<>();
            Oracle oracle = new Oracle(SOON);
            for (int i = 0; i < REVOCATIONS + 5; i++) {
                TestClient client = cluster.client();
                oracle.activating(client.id()).acknowledged();
                clients.add(client);
                assertThat(cluster.askAll(client.key())).containsExactly(200, 200, 200);
            }
            Map<String, String> environment = TestGateway.environment(cluster.database());
            environment.put(
                    "PORTCULLIS_MANAGEMENT_PORT",
                    String.valueOf(cluster.node(0).gateway().managementPort()));
            CommandRun.Place commands = new CommandRun.Place(environment);
            AtomicBoolean done = new AtomicBoolean();
            ExecutorService readers = Executors.newFixedThreadPool(READERS);
            try {
                List<Future<?>> reading = new ArrayList<>();
                for (int i = 0; i < READERS; i++) {
                    int node = i;
                    reading.add(readers.submit(() -> {
                        for (int at = 0; !done.get(); at = (at + 1) % clients.size()) {
                            TestClient client = clients.get(at);
                            oracle.ask(client.id(), () -> cluster.node(node).status(client.key()));
                        }
                        return null;
                    }));
                }
                for (int i = 0; i < REVOCATIONS; i++) {
                    TestClient client = clients.get(i);
                    Oracle.Change revocation = oracle.revoking(client.id());
                    if (i % 2 == 0) {
                        cluster.registry().status(client.id(), "REVOKED");
                        revocation.acknowledged();
                    } else {
                        CommandRun run = commands.run("client", "revoke", client.id(), "--wait", "--json");
                        revocation.acknowledged();
                        assertThat(run.exit()).as(run.err()).isZero();
                        JsonObject told = run.object();
                        assertThat(told.getBoolean("applied")).isTrue();
                        assertThat(told.getInteger("nodes")).isEqualTo(3);
                        // Who waited is told the truth, with no time to spare.
                        assertThat(cluster.askAll(client.key())).containsOnly(401);
                    }
                }
                await().atMost(SOON).untilAsserted(() -> {
                    for (TestClient client : clients.subList(0, REVOCATIONS)) {
                        assertThat(cluster.askAll(client.key())).containsOnly(401);
                    }
                });
                done.set(true);
                for (Future<?> reader : reading) {
                    reader.get(20, TimeUnit.SECONDS);
                }
            } finally {
                done.set(true);
                readers.shutdownNow();
            }

            Oracle.Counts counts = oracle.counts();
            assertThat(counts.wrongAllows()).as(counts.examples().toString()).isZero();
            assertThat(counts.wrongDenials()).as(counts.examples().toString()).isZero();
            assertThat(counts.unexpected()).as(counts.examples().toString()).isZero();
            assertThat(counts.unavailable()).isZero();
            assertThat(cluster.node(0).metric("registry_change_delay_seconds_count"))
                    .isGreaterThan(REVOCATIONS);
        }
    }

    @Test
    void aKeyThatWasTriedTooEarlyWorksAsSoonAsItIsMade() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, Map.of())) {
            TestClient client = cluster.client();
            String key = ApiKey.generate("test", new SecureRandom());
            assertThat(cluster.askAll(key)).containsExactly(401, 401);

            cluster.registry().key(client.id(), key);

            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofMillis(900))
                    .until(() -> cluster.askAll(key).equals(List.of(200, 200)));
        }
    }

    @Test
    void aRevokedKeyIsRefusedAndItsClientsOthersAreNot() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, Map.of("PORTCULLIS_FRESHNESS_LEASE", "1m"))) {
            TestClient client = cluster.client();
            String other = ApiKey.generate("test", new SecureRandom());
            cluster.registry().key(client.id(), other);
            assertThat(cluster.askAll(client.key())).containsExactly(200, 200);
            assertThat(cluster.askAll(other)).containsExactly(200, 200);

            cluster.sql("UPDATE client_registry.client_keys SET status = 'REVOKED' WHERE digest = decode('"
                    + digest(client.key()) + "', 'hex')");
            await().atMost(SOON).until(() -> cluster.askAll(client.key()).equals(List.of(401, 401)));
            assertThat(cluster.askAll(other)).containsExactly(200, 200);

            cluster.sql(
                    "DELETE FROM client_registry.client_keys WHERE digest = decode('" + digest(other) + "', 'hex')");
            await().atMost(SOON).until(() -> cluster.askAll(other).equals(List.of(401, 401)));
        }
    }

    @Test
    void aTableThatIsEmptiedLetsNobodyIn() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, Map.of("PORTCULLIS_FRESHNESS_LEASE", "1m"))) {
            TestClient client = cluster.client();
            assertThat(cluster.askAll(client.key())).containsExactly(200, 200);

            cluster.sql("TRUNCATE client_registry.clients CASCADE");

            await().atMost(SOON).until(() -> cluster.askAll(client.key()).equals(List.of(401, 401)));
        }
    }

    @Test
    void whatRedisHoldsOfARecordGoesWhenItChanges() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(1, Map.of("PORTCULLIS_FRESHNESS_LEASE", "1m"));
                RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            TestClient client = cluster.client();
            TestClient other = cluster.client();
            cluster.askAll(client.key());
            cluster.askAll(other.key());
            String record = cluster.redisPrefix() + "client:" + client.id();
            String key = cluster.redisPrefix() + "client:key:" + digest(client.key());
            String kept = cluster.redisPrefix() + "client:" + other.id();
            await().atMost(SOON).until(() -> redis.exists(record) && redis.exists(key) && redis.exists(kept));

            cluster.sql("UPDATE client_registry.client_keys SET name = 'x' WHERE client_id = '" + client.id() + "'");
            await().atMost(SOON).until(() -> !redis.exists(key));
            cluster.registry().status(client.id(), "SUSPENDED");
            await().atMost(SOON).until(() -> !redis.exists(record));
            assertThat(redis.exists(kept)).isTrue();
        }
    }

    private static String digest(String key) {
        return new Pepper(TestGateway.PEPPER).digest(key).hex();
    }
}
