package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.Oracle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes: what signals do to them, and that nothing of them stays. */
@Timeout(90)
class ProcessClusterIT {
    private static final Duration BRIEF = Duration.ofMillis(500);

    @Test
    void processesAreStoppedGoOnAreKilledAndGo(@TempDir Path folder) throws Exception {
        JarProcess stopped;
        try (ProcessCluster cluster = ProcessCluster.start(folder, 3, Map.of("PORTCULLIS_FRESHNESS_LEASE", "1m"))) {
            TestClient client = cluster.client();
            assertThat(cluster.askAll(client.key())).containsExactly(200, 200, 200);
            assertThat(cluster.node(0).administration("/admin/v1/status").body())
                    .contains("" + cluster.node(0).gateway().dataPort());

            cluster.node(0).gateway().stop();
            cluster.node(1).gateway().kill();
            assertThat(cluster.askAll(client.key(), BRIEF)).containsExactly(Oracle.NO_ANSWER, Oracle.NO_ANSWER, 200);

            cluster.node(0).gateway().cont();
            cluster.leave(1);
            await().atMost(Duration.ofSeconds(5))
                    .untilAsserted(() ->
                            assertThat(cluster.askAll(client.key(), BRIEF)).containsExactly(200, 200));

            cluster.node(2).postgres().cut();
            // One after the other: what a node has put into Redis, the one that is cut off may take from there.
            String unknown = cluster.client().key();
            assertThat(cluster.node(2).status(unknown)).isEqualTo(503);
            assertThat(cluster.node(0).status(unknown)).isEqualTo(200);

            JarProcess drained = cluster.node(2).gateway();
            cluster.leave(2);
            assertThat(drained.exitCode()).isZero();

            assertThat(cluster.join().status(client.key())).isEqualTo(200);
            stopped = cluster.node(0).gateway();
            stopped.stop();
        }
        assertThat(stopped.alive()).isFalse();
    }
}
