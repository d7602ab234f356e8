package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.embedded.PostgresProcess;
import io.portcullis.testing.Oracle;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RedisCopy;
import io.portcullis.testing.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several nodes in one JVM: what they share, and that a fault on one's way is that one's alone. */
@Timeout(60)
class GatewayClusterIT {

    @Test
    void nodesShareTheRegistryAndEachHasItsOwnFaults() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(
                3, Map.of("PORTCULLIS_SERVER_REQUEST_TIMEOUT", "1s", "PORTCULLIS_FRESHNESS_LEASE", "1m"))) {
            TestClient client = cluster.client();
            assertThat(cluster.askAll(client.key())).containsExactly(200, 200, 200);
            assertThat(cluster.node(2).administration("/admin/v1/status").statusCode())
                    .isEqualTo(200);
            try (RawRedis redis = new RawRedis(TestServers.redisUrl())) {
                assertThat(RedisCopy.take(redis, cluster.redisPrefix()).size()).isPositive();
            }

            cluster.node(1).postgres().cut();

            assertThat(cluster.node(1).status(client.key()))
                    .as("a key it knows")
                    .isEqualTo(200);
            // One after the other: what a node has put into Redis, the one that is cut off may take from there.
            String unknown = cluster.client().key();
            assertThat(cluster.node(1).status(unknown)).isEqualTo(503);
            assertThat(cluster.node(0).status(unknown)).isEqualTo(200);

            cluster.node(2).redis().cut();
            assertThat(cluster.node(2).status(cluster.client().key())).isEqualTo(200);
            assertThat(cluster.node(2).metric("registry_lookups_total{result=\"error\",tier=\"redis\"}"))
                    .isPositive();
            assertThat(cluster.node(0).metric("registry_lookups_total{result=\"error\",tier=\"redis\"}"))
                    .isZero();

            cluster.leave(1);
            ClusterNode<Gateway> late = cluster.join();
            assertThat(late.number()).isEqualTo(3);
            assertThat(cluster.askAll(client.key())).containsExactly(200, 200, 200);
        }
    }

    @Test
    void aNodeThatLeftIsGoneWithItsWaysAndOneThatHangsGivesNoAnswer() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, Map.of("PORTCULLIS_SERVER_REQUEST_TIMEOUT", "30s"))) {
            ClusterNode<Gateway> left = cluster.node(0);
            ClusterNode<Gateway> hung = cluster.node(1);

            cluster.leave(0);

            assertThatThrownBy(() -> left.withKey("any")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> cluster.node(0)).isInstanceOf(IllegalArgumentException.class);

            hung.postgres().freeze();

            List<Integer> statuses = cluster.askAll(cluster.client().key(), Duration.ofMillis(300));
            assertThat(statuses).containsExactly(Oracle.NO_ANSWER);
        }
    }

    @Test
    void aClusterOnAPostgresOfItsOwnLivesThroughItsKill() throws Exception {
        try (PostgresProcess postgres = PostgresProcess.start();
                GatewayCluster cluster = GatewayCluster.start(
                        2, postgres.freshDatabaseUrl(), Map.of("PORTCULLIS_FRESHNESS_LEASE", "1m"))) {
            String warm = cluster.client().key();
            String cold = cluster.client().key();
            assertThat(cluster.askAll(warm)).containsExactly(200, 200);

            postgres.kill();

            assertThat(cluster.askAll(warm)).containsExactly(200, 200);
            assertThat(cluster.askAll(cold)).containsExactly(503, 503);

            postgres.startAgain();

            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(cluster.askAll(cold)).containsExactly(200, 200));
        }
    }
}
