package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.testing.Oracle;
import io.portcullis.testing.OwnThread;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The barrier says "applied" only when no node decides any more by what was before: each is asked at once when it has. */
@Timeout(120)
class BarrierIT {
    private static final Duration LEASE = Duration.ofSeconds(1);
    private static final Duration GRACE = Duration.ofSeconds(1);
    private static final Map<String, String> QUICK = settings(LEASE, GRACE);

    /** A node is asked that often at once: the first answers come before it has had time for anything else. */
    private static final int AT_ONCE = 40;

    @Test
    void whenItSaysAppliedNoNodeAnswersByTheOldState() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(3, QUICK);
                Switch client = new Switch(cluster)) {
            for (int i = 0; i < 60; i++) {
                if (i == 30) {
                    // From here on one is slow to read the log, and one has no Redis.
                    cluster.node(1).postgres().delay(Duration.ofMillis(15));
                    cluster.node(2).redis().cut();
                }
                boolean active = i % 2 == 1;
                long seq = client.turn(active);

                JsonObject report = applied(cluster.node(i % 3), seq);

                assertThat(cluster.askAll(client.key())).containsOnly(active ? 200 : 403);
                assertThat(report.getLong("seq")).isEqualTo(seq);
                assertThat(report.getInteger("nodes")).isEqualTo(3);
                assertThat(report.getJsonArray("silent")).isEmpty();
                assertThat(report.getValue("may_accept_until")).isNull();
            }
        }
    }

    @Test
    void aNodeThatJoinsMeanwhileNeverAnswersByTheOldState() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, QUICK);
                Switch client = new Switch(cluster)) {
            ClusterNode<Gateway> asked = cluster.node(0);
            List<NodeCalls> calls = new ArrayList<>();
            cluster.nodes().forEach(node -> calls.add(node.calls()));
            List<Integer> ports = List.of(freePort(), freePort(), freePort());
            // Asked from before their ports answer.
            ports.forEach(port -> calls.add(new NodeCalls(port, 0)));
            CompletableFuture<Void> joining = CompletableFuture.runAsync(
                    () -> ports.forEach(port -> {
                        try {
                            cluster.join(Map.of("PORTCULLIS_SERVER_PORT", port.toString()));
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    }),
                    OwnThread.EACH);

            boolean active = true;
            int rounds = 0;
            for (int after = 0; after < 10; after += joining.isDone() ? 1 : 0) {
                active = !active;
                applied(asked, client.turn(active));
                assertThat(statuses(calls, client.key()))
                        .as("after %d changes", ++rounds)
                        .contains(active ? 200 : 403)
                        .isSubsetOf(active ? 200 : 403, Oracle.NO_ANSWER);
            }
            joining.join();
            assertThat(statuses(calls, client.key())).containsOnly(active ? 200 : 403);
            assertThat(rounds).isGreaterThan(12);
        }
    }

    @Test
    void aNodeThatIsCutOffIsWaitedForUntilItTrustsNothing() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(4, QUICK);
                Switch client = new Switch(cluster)) {
            List<NodeCalls> cutOff = cluster.nodes().subList(1, 4).stream()
                    .map(ClusterNode::calls)
                    .toList();
            long cutAt = System.nanoTime();
            cluster.node(1).postgres().cut();
            cluster.node(2).postgres().freeze();
            cluster.node(3).postgres().cut();
            cluster.node(3).redis().cut();
            long seq = client.turn(false);
            assertThat(statuses(cutOff, client.key())).as("in their lease").containsOnly(200);

            HttpResponse<String> early = cluster.node(0).administration("/admin/v1/barrier?timeout=500ms&seq=" + seq);
            assertThat(early.statusCode()).isEqualTo(504);
            JsonObject missing = new JsonObject(early.body());
            assertThat(missing.getBoolean("applied")).isFalse();
            Instant until = Instant.parse(missing.getString("may_accept_until"));
            applied(cluster.node(0), seq);

            assertThat(statuses(cutOff, client.key())).doesNotContain(200);
            assertThat(Instant.now()).isAfter(until);
            assertThat(Duration.ofNanos(System.nanoTime() - cutAt))
                    .isBetween(
                            LEASE.plus(GRACE).minus(LEASE.dividedBy(2)),
                            LEASE.plus(GRACE).plusSeconds(2));
            assertThat(cluster.node(0).status(client.key())).isEqualTo(403);
        }
    }

    /**
     * Nobody waits for a node whose time is over. It may know from Redis that nothing had changed until a moment ago; when PostgreSQL hears of
     * it again, that must not count.
     */
    @Test
    void aNodeThatWasNotWaitedForKnowsOfWhatItMissedBeforeItDecides() throws Exception {
        // A long lease: what Redis said before is to be young enough when PostgreSQL is there again.
        try (GatewayCluster cluster = GatewayCluster.start(3, settings(Duration.ofSeconds(4), Duration.ZERO));
                Switch client = new Switch(cluster)) {
            List<TestClient> many = clients(cluster.database(), 150);
            for (TestClient one : many) {
                assertThat(cluster.askAll(one.key())).containsOnly(200);
            }
            List<ClusterNode<Gateway>> away = cluster.nodes().subList(1, 3);
            away.forEach(node -> node.postgres().cut());
            await().atMost(Duration.ofSeconds(10))
                    .pollInterval(Duration.ofMillis(20))
                    .untilAsserted(
                            () -> assertThat(states(cluster.node(0))).containsExactly("current", "expired", "expired"));

            long seq = client.change("UPDATE client_registry.clients SET status = 'SUSPENDED'");
            long begun = System.nanoTime();
            applied(cluster.node(0), seq);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));

            assertThat(statuses(away.stream().map(ClusterNode::calls).toList(), client.key()))
                    .containsOnly(503);
            // A slow way leaves them time between the first word to PostgreSQL and the answer to it.
            away.forEach(node -> {
                node.postgres().heal();
                node.postgres().delay(Duration.ofMillis(20));
            });
            List<CompletableFuture<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < many.size(); i++) {
                // Each once: what PostgreSQL has told, a node knows.
                String key = many.get(i).key();
                Executor inItsTurn = CompletableFuture.delayedExecutor(i * 5L, TimeUnit.MILLISECONDS);
                for (ClusterNode<Gateway> node : away) {
                    answers.add(CompletableFuture.runAsync(() -> {}, inItsTurn)
                            .thenCompose(due -> status(node.calls(), key)));
                }
            }
            List<Integer> given = answers.stream().map(CompletableFuture::join).toList();
            assertThat(given).doesNotContain(200).contains(403);
        }
    }

    @Test
    void processesThatStandAreKilledOrLeaveAreWaitedForAsLongAsTheyMayDecide(@TempDir Path folder) throws Exception {
        // So long that a node that is waited for is silent in the end, as operators see it: for three seconds.
        Duration grace = Duration.ofSeconds(2);
        try (ProcessCluster cluster = ProcessCluster.start(folder, 3, settings(LEASE, grace));
                Switch client = new Switch(cluster)) {
            ClusterNode<JarProcess> first = cluster.node(0);
            ClusterNode<JarProcess> stopped = cluster.node(1);
            ClusterNode<JarProcess> killed = cluster.node(2);
            applied(first, client.turn(true));
            assertThat(cluster.askAll(client.key())).containsOnly(200);

            stopped.gateway().stop();
            long seq = client.turn(false);
            HttpResponse<String> early = first.administration("/admin/v1/barrier?timeout=1s&seq=" + seq);
            assertThat(early.statusCode()).isEqualTo(504);
            Instant until = Instant.parse(new JsonObject(early.body()).getString("may_accept_until"));
            applied(first, seq);
            assertThat(Instant.now()).isAfter(until);

            // Some wait in its sockets already when it wakes.
            List<CompletableFuture<Integer>> answers = new ArrayList<>(atOnce(stopped, client.key()));
            stopped.gateway().cont();
            answers.addAll(atOnce(stopped, client.key()));
            assertThat(answers.stream().map(CompletableFuture::join))
                    .hasSize(2 * AT_ONCE)
                    .isSubsetOf(403, 503);
            await().atMost(Duration.ofSeconds(5))
                    .untilAsserted(
                            () -> assertThat(cluster.askAll(client.key())).containsOnly(403));

            killed.gateway().kill();
            long begun = System.nanoTime();
            JsonObject report = applied(first, client.turn(true));
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isBetween(
                            LEASE.plus(grace).minus(LEASE.dividedBy(2)),
                            LEASE.plus(grace).plusSeconds(2));
            assertThat(report.getJsonArray("silent")).hasSize(1);
            assertThat(report.getJsonArray("silent").getString(0))
                    .endsWith("/" + killed.gateway().pid());

            cluster.leave(1);
            begun = System.nanoTime();
            applied(first, client.turn(false));
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isLessThan(LEASE.plus(grace).dividedBy(2));
            assertThat(states(first)).containsExactlyInAnyOrder("current", "expired");
        }
    }

    @Test
    void aQuestionThatMakesNoSenseIsAnsweredAsSuch() throws Exception {
        try (TestGateway gateway = TestGateway.start(QUICK)) {
            gateway.client();
            for (String question : List.of(
                    "barrier",
                    "barrier?seq=",
                    "barrier?seq=first",
                    "barrier?seq=1.5",
                    "barrier?seq=-1",
                    "barrier?seq=1000000",
                    "barrier?seq=9223372036854775807",
                    "barrier?seq=9223372036854775808",
                    "barrier?seq=1&seq=1",
                    "barrier?seq=1&wait=all",
                    "barrier?seq=1&timeout=",
                    "barrier?seq=1&timeout=soon",
                    "barrier?seq=1&timeout=-1s",
                    "barrier?seq=1&timeout=301s",
                    "barrier?seq=1&timeout=999999999d",
                    "nodes?all=true",
                    "changes?after=-1",
                    "changes?after=last",
                    "changes?limit=0",
                    "changes?limit=201",
                    "changes?limit=many",
                    "changes?from=1")) {
                isProblem(administration(gateway, "/admin/v1/" + question), 400, question);
            }
            assertThat(administration(gateway, "/admin/v1/barrier?seq=0&timeout=5m")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void itTellsNothingWithoutTheTokenAndSaysWhenPostgresIsAway() throws Exception {
        String database = TestServers.freshDatabaseUrl();
        URI server = URI.create(database);
        try (TcpProxy way = TcpProxy.to(server.getHost(), server.getPort());
                TestGateway gateway = TestGateway.startBehind(way.port(), database, QUICK)) {
            List<String> paths = List.of("/admin/v1/barrier?seq=0", "/admin/v1/nodes", "/admin/v1/changes");
            for (String path : paths) {
                assertThat(administration(gateway, path).statusCode()).isEqualTo(200);
                isProblem(gateway.management(path), 401, path);
                isProblem(gateway.management(path, "Authorization", "Bearer another"), 401, path);
                isProblem(gateway.management(path, "Authorization", TestGateway.TOKEN), 401, path);
            }

            way.cut();
            for (String path : paths) {
                isProblem(administration(gateway, path), 503, path);
            }
            way.heal();
            way.freeze();
            isProblem(administration(gateway, paths.get(0)), 503, "of a PostgreSQL that hangs");
        }
    }

    @Test
    void theNodesAndTheLogAreTold() throws Exception {
        try (GatewayCluster cluster = GatewayCluster.start(2, QUICK);
                Switch client = new Switch(cluster)) {
            ClusterNode<Gateway> node = cluster.node(1);
            client.turn(false);
            long head = client.turn(true);
            applied(node, head);

            JsonObject nodes = body(node, "/admin/v1/nodes");
            assertThat(nodes.getLong("seq")).isEqualTo(head);
            assertThat(nodes.getJsonArray("nodes")).hasSize(2);
            for (JsonObject one : objects(nodes.getJsonArray("nodes"))) {
                assertThat(one.getString("state")).isEqualTo("current");
                assertThat(one.getLong("applied_seq")).isEqualTo(head);
                assertThat(one.getLong("behind")).isZero();
                assertThat(one.getLong("silent_ms")).isBetween(0L, LEASE.toMillis());
                assertThat(one.getString("name"))
                        .endsWith("/" + ProcessHandle.current().pid());
                assertThat(Instant.parse(one.getString("may_accept_until")))
                        .isBetween(Instant.now(), Instant.now().plus(LEASE).plus(GRACE));
            }

            List<JsonObject> commits = new ArrayList<>();
            long after = 0;
            for (JsonObject page; ; after = page.getLong("next")) {
                page = body(node, "/admin/v1/changes?limit=2&after=" + after);
                assertThat(page.getString("epoch")).isEqualTo(nodes.getString("epoch"));
                assertThat(page.getLong("seq")).isEqualTo(head);
                List<JsonObject> commitsOfPage = objects(page.getJsonArray("commits"));
                if (commitsOfPage.isEmpty()) {
                    break;
                }
                assertThat(commitsOfPage).hasSizeLessThanOrEqualTo(2);
                commits.addAll(commitsOfPage);
            }
            assertThat(after).isEqualTo(head);
            assertThat(commits)
                    .extracting(commit -> commit.getLong("seq"))
                    .isSorted()
                    .doesNotHaveDuplicates();
            JsonObject last = commits.get(commits.size() - 1);
            assertThat(last.getLong("seq")).isEqualTo(head);
            assertThat(last.getBoolean("more")).isFalse();
            assertThat(last.getJsonArray("changes")).hasSize(1);
            JsonObject change = last.getJsonArray("changes").getJsonObject(0);
            assertThat(change.getString("kind")).isEqualTo("client");
            assertThat(change.getString("id")).isEqualTo(client.id());
            assertThat(change.fieldNames()).containsExactlyInAnyOrder("kind", "id", "version", "op");

            cluster.sql("SELECT client_registry.prune_log(INTERVAL '0', 0, 1000)");

            HttpResponse<String> gone = node.administration("/admin/v1/changes?after=1");
            isProblem(gone, 410, "after=1");
            long pruned = new JsonObject(gone.body()).getLong("pruned_seq");
            assertThat(pruned).isBetween(1L, head - 1);
            assertThat(body(node, "/admin/v1/changes?after=" + pruned).getJsonArray("commits"))
                    .hasSize((int) (head - pruned));
            assertThat(body(node, "/admin/v1/changes").getLong("pruned_seq")).isEqualTo(pruned);
        }
    }

    private static Map<String, String> settings(Duration lease, Duration grace) {
        return Map.of(
                "PORTCULLIS_FRESHNESS_LEASE",
                lease.toMillis() + "ms",
                "PORTCULLIS_FRESHNESS_GRACE",
                grace.toMillis() + "ms",
                "PORTCULLIS_POSTGRES_HEALTH_TIMEOUT",
                "1s",
                "PORTCULLIS_SERVER_REQUEST_TIMEOUT",
                "1s");
    }

    /** The report of a barrier that says applied, asked of that node. */
    private static JsonObject applied(ClusterNode<?> node, long seq) throws IOException, InterruptedException {
        HttpResponse<String> answer = node.administration("/admin/v1/barrier?seq=" + seq);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonObject report = new JsonObject(answer.body());
        assertThat(report.getBoolean("applied")).isTrue();
        return report;
    }

    private static List<Integer> statuses(List<NodeCalls> nodes, String key) {
        return nodes.stream().map(calls -> status(calls, key)).toList().stream()
                .map(CompletableFuture::join)
                .toList();
    }

    private static CompletableFuture<Integer> status(NodeCalls calls, String key) {
        return calls.askedWithKey(key, NodeCalls.LIMIT)
                .thenApply(HttpResponse::statusCode)
                .exceptionally(failure -> Oracle.NO_ANSWER);
    }

    private static List<CompletableFuture<Integer>> atOnce(ClusterNode<?> node, String key) {
        return Stream.generate(() -> status(node.calls(), key)).limit(AT_ONCE).toList();
    }

    /** The states of all nodes, oldest node first. */
    private static List<String> states(ClusterNode<?> node) throws IOException, InterruptedException {
        return objects(body(node, "/admin/v1/nodes").getJsonArray("nodes")).stream()
                .map(one -> one.getString("state"))
                .toList();
    }

    private static JsonObject body(ClusterNode<?> node, String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = node.administration(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new JsonObject(answer.body());
    }

    private static List<JsonObject> objects(JsonArray array) {
        return array.stream().map(JsonObject.class::cast).toList();
    }

    private static HttpResponse<String> administration(TestGateway gateway, String path)
            throws IOException, InterruptedException {
        return gateway.management(path, "Authorization", "Bearer " + TestGateway.TOKEN);
    }

    private static void isProblem(HttpResponse<String> answer, int status, String asked) {
        assertThat(answer.statusCode()).as(asked).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        JsonObject problem = new JsonObject(answer.body());
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(problem.getInteger("code")).isPositive();
        assertThat(problem.getString("title")).isNotEmpty();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Active clients with a key each, in one commit. */
    private static List<TestClient> clients(String database, int count) throws SQLException {
        SecureRandom random = new SecureRandom();
        Pepper pepper = new Pepper(TestGateway.PEPPER);
        List<TestClient> clients = new ArrayList<>();
        try (Connection connection = TestServers.connect(database);
                PreparedStatement client = connection.prepareStatement(
                        "INSERT INTO client_registry.clients (client_id, client_code, status) VALUES (?::uuid, 'code', 'ACTIVE')");
                PreparedStatement key = connection.prepareStatement(
                        "INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) VALUES (?::uuid, ?, ?, ?)")) {
            connection.setAutoCommit(false);
            for (int i = 0; i < count; i++) {
                TestClient one = new TestClient(UUID.randomUUID().toString(), ApiKey.generate("test", random));
                client.setString(1, one.id());
                client.addBatch();
                key.setString(1, one.id());
                key.setBytes(2, pepper.digest(one.key()).bytes());
                key.setString(3, pepper.id());
                key.setString(4, ApiKey.recognisablePrefix(one.key()));
                key.addBatch();
                clients.add(one);
            }
            client.executeBatch();
            key.executeBatch();
            connection.commit();
        }
        return clients;
    }

    /** One client that is suspended and reactivated over one connection, by the only writer: the newest number is that of its change. */
    private static final class Switch implements AutoCloseable {
        private final TestClient client;
        private final Connection connection;

        Switch(Cluster<?> cluster) throws SQLException {
            client = cluster.client();
            connection = TestServers.connect(cluster.database());
            assertThat(cluster.askAll(client.key())).containsOnly(200);
        }

        String id() {
            return client.id();
        }

        String key() {
            return client.key();
        }

        /** The number of the change. */
        long turn(boolean active) throws SQLException {
            return change("UPDATE client_registry.clients SET status = '" + (active ? "ACTIVE" : "SUSPENDED")
                    + "' WHERE client_id = '" + client.id() + "'");
        }

        long change(String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
                try (ResultSet rows = statement.executeQuery("SELECT client_registry.current_seq()")) {
                    rows.next();
                    return rows.getLong(1);
                }
            }
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }
}
