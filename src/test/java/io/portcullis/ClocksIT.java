package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes whose wall clocks are five minutes wrong, by libfaketime (Debian: {@code apt-get install faketime}); skipped where there is none.
 * That nothing is decided by a wall clock but a key's own expiry is shown without it, by the authenticator's test.
 */
@Timeout(90)
class ClocksIT {

    @Test
    void nodesWithWrongClocksFollowServeAndStopAsAllOthers(@TempDir Path folder) throws Exception {
        String library = library();
        assumeThat(library).as("libfaketime").isNotEmpty();
        Map<String, String> settings = Map.of(
                "PORTCULLIS_FRESHNESS_LEASE", "1s",
                "PORTCULLIS_FRESHNESS_GRACE", "1s",
                "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "1s");
        try (ProcessCluster cluster = ProcessCluster.start(folder, 1, settings)) {
            cluster.join(clock(library, "+300s"));
            cluster.join(clock(library, "-300s"));
            ClusterNode<JarProcess> right = cluster.node(0);
            List<ClusterNode<JarProcess>> wrong = List.of(cluster.node(1), cluster.node(2));
            assertThat(startedIn(wrong.get(0))).isBetween(Duration.ofSeconds(200), Duration.ofSeconds(300));
            assertThat(startedIn(wrong.get(1))).isBetween(Duration.ofSeconds(-400), Duration.ofSeconds(-300));

            TestClient client = cluster.client();
            assertThat(cluster.askAll(client.key())).containsOnly(200);
            for (int i = 0; i < 20; i++) {
                boolean active = i % 2 == 1;
                cluster.registry().status(client.id(), active ? "ACTIVE" : "SUSPENDED");
                awaitApplied(cluster.node(i % 3));
                assertThat(cluster.askAll(client.key())).containsOnly(active ? 200 : 403);
            }

            for (ClusterNode<JarProcess> node : wrong) {
                assertThat(node.metric("registry_lease{state=\"held\"}")).isEqualTo(1);
                node.postgres().cut();
                node.redis().cut();
            }
            cluster.registry().status(client.id(), "SUSPENDED");
            long begun = System.nanoTime();
            for (ClusterNode<JarProcess> node : wrong) {
                assertThat(node.status(client.key())).isEqualTo(200);
            }
            awaitApplied(right);
            assertThat(cluster.askAll(client.key())).containsExactly(403, 503, 503);
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(4));

            wrong.forEach(node -> node.ways().heal());
            await().atMost(Duration.ofSeconds(5))
                    .untilAsserted(
                            () -> assertThat(cluster.askAll(client.key())).containsOnly(403));
        }
    }

    /** Only the wall clock: without the last two, waits of the JVM, which are on the monotonic one, end too early. */
    private static Map<String, String> clock(String library, String offset) {
        return Map.of(
                "LD_PRELOAD",
                library,
                "FAKETIME",
                offset,
                "FAKETIME_DONT_FAKE_MONOTONIC",
                "1",
                "FAKETIME_FORCE_MONOTONIC_FIX",
                "0");
    }

    /** Until no node decides by what was before the newest change. */
    private static void awaitApplied(ClusterNode<?> node) throws IOException, InterruptedException {
        long seq = new JsonObject(node.administration("/admin/v1/nodes").body()).getLong("seq");
        HttpResponse<String> answer = node.administration("/admin/v1/barrier?seq=" + seq);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** How far ahead of now the node started, by its own clock. */
    private static Duration startedIn(ClusterNode<?> node) throws IOException, InterruptedException {
        JsonObject status =
                new JsonObject(node.administration("/admin/v1/status").body());
        return Duration.between(Instant.now(), Instant.parse(status.getString("started_at")));
    }

    /** For programs with threads; empty where it is not installed. */
    private static String library() throws IOException {
        Path libraries = Path.of("/usr/lib");
        if (!Files.isDirectory(libraries)) {
            return "";
        }
        try (Stream<Path> architectures = Files.list(libraries)) {
            return architectures
                    .map(architecture -> architecture.resolve("faketime").resolve("libfaketimeMT.so.1"))
                    .filter(Files::isRegularFile)
                    .map(Path::toString)
                    .findFirst()
                    .orElse("");
        }
    }
}
