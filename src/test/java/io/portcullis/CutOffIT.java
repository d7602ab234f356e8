package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.Oracle;
import io.portcullis.testing.OwnThread;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RedisCopy;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nodes that are cut off from PostgreSQL, from Redis or from both, in three ways at once, while clients are suspended and reactivated and
 * honest traffic goes on. With {@code -Dportcullis.cutoffs=real} for 1, 10 and 60 seconds under the lease and the grace that are the
 * defaults; else everything is shorter.
 */
@Timeout(180)
class CutOffIT {
    private static final boolean REAL = "real".equals(System.getProperty("portcullis.cutoffs"));
    private static final Duration LEASE = Duration.ofSeconds(REAL ? 5 : 1);
    private static final Duration GRACE = Duration.ofSeconds(REAL ? 60 : 3);

    /** For a node that reaches PostgreSQL, on a machine that does other things too. What is promised, 50 ms, is measured by the load test. */
    private static final Duration NOTICED = Duration.ofMillis(250);

    /** What is required is a second. The rest is for the polls that find it out, and for a machine that does other things too. */
    private static final Duration RIGHT_AGAIN = Duration.ofMillis(1_500);

    private static final Duration FLAP = Duration.ofMillis(400);
    private static final Map<String, String> SETTINGS = Map.of(
            "PORTCULLIS_FRESHNESS_LEASE", LEASE.toMillis() + "ms",
            "PORTCULLIS_FRESHNESS_GRACE", GRACE.toMillis() + "ms",
            "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "1s");

    private static final AtomicReference<@Nullable GatewayCluster> CLUSTER = new AtomicReference<>();

    /** How long a client's records serve where nobody confirms them. */
    private enum Patience {
        ORDINARY(null),
        STRICT(0),
        PATIENT(REAL ? 90 : 4);

        private final @Nullable Integer graceSeconds;
        private final Duration grace;

        Patience(@Nullable Integer graceSeconds) {
            this.graceSeconds = graceSeconds;
            this.grace = graceSeconds == null ? GRACE : Duration.ofSeconds(graceSeconds);
        }
    }

    /** What a way leads to. */
    private enum Server {
        POSTGRES,
        REDIS,
        BOTH;

        void each(ClusterNode<?> node, Consumer<TcpProxy> fault) {
            if (this != REDIS) {
                fault.accept(node.postgres());
            }
            if (this != POSTGRES) {
                fault.accept(node.redis());
            }
        }
    }

    /** From what, and for how long. */
    private record Cut(Server server, Duration length) {
        @Override
        public String toString() {
            return server.name().toLowerCase(Locale.ROOT) + " for " + length.toMillis() + " ms";
        }

        /** How long a node may not notice a change for a client of that patience. */
        Duration bound(boolean reachable, Patience patience) {
            return reachable || server == Server.REDIS ? NOTICED : LEASE.plus(patience.grace);
        }
    }

    /** The clients of one patience, in their parts. */
    private record Cast(
            Patience patience,
            TestClient honest,
            TestClient suspended,
            TestClient suspendedLater,
            TestClient restored) {

        static Cast of(RegistryWriter registry, Patience patience) throws SQLException {
            Cast cast = new Cast(
                    patience, registry.client(), registry.client(), registry.client(), registry.client("SUSPENDED"));
            if (patience.graceSeconds != null) {
                registry.sql("UPDATE client_registry.clients SET grace_seconds = " + patience.graceSeconds
                        + " WHERE client_id IN ('"
                        + cast.all().stream().map(TestClient::id).collect(Collectors.joining("', '")) + "')");
            }
            return cast;
        }

        List<TestClient> all() {
            return List.of(honest, suspended, suspendedLater, restored);
        }
    }

    static Stream<Cut> cuts() {
        Stream<Cut> real = Stream.of(1, 10, 60)
                .map(Duration::ofSeconds)
                .flatMap(length -> Stream.of(Server.values()).map(server -> new Cut(server, length)));
        Duration beyondAll = LEASE.plus(Patience.PATIENT.grace).plusMillis(500);
        Stream<Cut> quick = Stream.of(
                new Cut(Server.POSTGRES, LEASE.dividedBy(2)),
                new Cut(Server.POSTGRES, LEASE.multipliedBy(2)),
                new Cut(Server.POSTGRES, beyondAll),
                new Cut(Server.REDIS, LEASE.multipliedBy(2)),
                new Cut(Server.BOTH, beyondAll));
        return REAL ? real : quick;
    }

    /** The first two are never cut off; the others are, each in its way. */
    @BeforeAll
    static void start() throws Exception {
        GatewayCluster cluster = GatewayCluster.start(5, SETTINGS);
        CLUSTER.set(cluster);
        // The first time takes longer, of everything: it is not what is measured.
        String key = cluster.client().key();
        cluster.nodes().forEach(node -> node.postgres().cut());
        cluster.nodes().forEach(node -> node.postgres().heal());
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(cluster.askAll(key)).containsOnly(200));
    }

    @AfterAll
    static void stop() {
        GatewayCluster cluster = CLUSTER.getAndSet(null);
        if (cluster != null) {
            cluster.close();
        }
    }

    private static GatewayCluster cluster() {
        GatewayCluster cluster = CLUSTER.get();
        if (cluster == null) {
            throw new IllegalStateException("not started");
        }
        return cluster;
    }

    @ParameterizedTest
    @MethodSource("cuts")
    void nothingIsAcceptedBeyondItsBoundAndEveryNodeIsRightWhenItIsBack(Cut cut) throws Exception {
        List<Cast> casts = new ArrayList<>();
        for (Patience patience : Patience.values()) {
            casts.add(Cast.of(cluster().registry(), patience));
        }
        TestClient flapping = cluster().client();
        List<WatchedNode> nodes = watched(cut, casts, flapping);
        List<WatchedNode> cutOff = nodes.subList(2, nodes.size());
        warm(casts, flapping);
        ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
        List<Duration> rightAgain;
        try {
            nodes.forEach(WatchedNode::watch);

            long cutAt = System.nanoTime();
            cut.server().each(nodes.get(2).node(), TcpProxy::cut);
            cut.server().each(nodes.get(3).node(), TcpProxy::freeze);
            cut.server().each(nodes.get(4).node(), TcpProxy::halfOpen);

            for (Cast cast : casts) {
                change(nodes, cast.suspended(), false);
                change(nodes, cast.restored(), true);
            }
            AtomicBoolean active = new AtomicBoolean(true);
            ScheduledFuture<?> flaps = writer.scheduleAtFixedRate(
                    () -> {
                        boolean next = !active.get();
                        active.set(next);
                        change(nodes, flapping, next);
                    },
                    0,
                    FLAP.toMillis(),
                    TimeUnit.MILLISECONDS);
            awaitPassed(cutAt, cut.length().dividedBy(3));
            for (Cast cast : casts) {
                change(nodes, cast.suspendedLater(), false);
            }
            awaitPassed(cutAt, cut.length());
            assertThat(flaps.isDone()).as("a change could not be written").isFalse();
            writer.shutdown();
            assertThat(writer.awaitTermination(10, TimeUnit.SECONDS)).isTrue();

            rightAgain = heal(cutOff, casts);
        } finally {
            writer.shutdownNow();
            cluster().nodes().forEach(node -> node.ways().heal());
            nodes.forEach(WatchedNode::close);
        }

        report(cut, nodes, rightAgain);
        for (WatchedNode node : nodes) {
            boolean reachable = !cutOff.contains(node);
            for (Patience patience : Patience.values()) {
                judge(node.group(patience.name()), reachable, cut, patience);
            }
        }
        assertThat(rightAgain).allSatisfy(took -> assertThat(took).isLessThan(RIGHT_AGAIN));
    }

    @Test
    void aNodeWithoutPostgresGoesOnByTheWordOfTheOthersWhileNothingChangesAndUntilNobodyWaitsForIt() throws Exception {
        Duration waitedFor = LEASE.plusSeconds(1);
        try (GatewayCluster own = GatewayCluster.start(
                2,
                Map.of(
                        "PORTCULLIS_FRESHNESS_LEASE", LEASE.toMillis() + "ms",
                        "PORTCULLIS_FRESHNESS_GRACE", "1s",
                        "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "1s"))) {
            TestClient client = own.client();
            assertThat(own.askAll(client.key())).containsExactly(200, 200);
            ClusterNode<Gateway> node = own.node(1);

            long before = System.nanoTime();
            node.postgres().cut();
            long after = System.nanoTime();

            // The last heartbeat was sent up to a quarter of a lease, and the time it takes, earlier.
            Duration surely = waitedFor.minus(LEASE.dividedBy(2));
            while (System.nanoTime() - before < surely.toNanos()) {
                HttpResponse<String> answer = node.withKey(client.key());
                boolean held = node.metric("registry_lease{state=\"held\"}") == 1;
                if (System.nanoTime() - before < surely.toNanos()) {
                    assertThat(held).isTrue();
                    assertThat(answer.statusCode()).isEqualTo(200);
                    assertThat(answer.headers().firstValue("X-Auth-Stale")).isEmpty();
                }
            }
            await().atMost(waitedFor).until(() -> System.nanoTime() - after >= waitedFor.toNanos());
            assertThat(node.metric("registry_lease{state=\"lost\"}")).isEqualTo(1);
            assertThat(node.status(client.key())).isEqualTo(503);
            assertThat(own.node(0).status(client.key())).isEqualTo(200);
        }
    }

    @Test
    void withoutPostgresOnlyWhatWasReadBehindTheNewestChangeCountsFromRedis() throws Exception {
        try (RawRedis redis = new RawRedis(TestServers.redisUrl());
                GatewayCluster own = GatewayCluster.start(
                        2,
                        Map.of(
                                "PORTCULLIS_FRESHNESS_LEASE", LEASE.toMillis() + "ms",
                                "PORTCULLIS_FRESHNESS_GRACE", "30s",
                                "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "1s"))) {
            String records = own.redisPrefix() + "client:";
            TestClient strict = own.client();
            own.sql("UPDATE client_registry.clients SET grace_seconds = 0 WHERE client_id = '" + strict.id() + "'");
            assertThat(own.askAll(strict.key())).containsExactly(200, 200);
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> redis.keys(records).size() == 2);
            RedisCopy before = RedisCopy.take(redis, records);
            ClusterNode<Gateway> node = own.node(1);

            node.postgres().cut();
            own.registry().status(strict.id(), "SUSPENDED");
            await().atMost(LEASE.plusSeconds(5)).until(() -> node.metric("registry_lease{state=\"shared\"}") == 1);

            for (int i = 0; i < 10; i++) {
                before.restore(redis);
                assertThat(node.status(strict.key())).isEqualTo(503);
            }

            // Read by the other node behind its own creation, which is the newest change.
            TestClient late = own.client();
            long newest =
                    new JsonObject(own.node(0).administration("/admin/v1/nodes").body()).getLong("seq");
            await().atMost(Duration.ofSeconds(5)).until(() -> own.node(0).metric("registry_applied_seq") == newest);
            assertThat(own.node(0).status(late.key())).isEqualTo(200);
            await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
                HttpResponse<String> answer = node.withKey(late.key());
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("X-Auth-Stale")).isEmpty();
            });
        }
    }

    private static List<WatchedNode> watched(Cut cut, List<Cast> casts, TestClient flapping) {
        List<WatchedNode> nodes = new ArrayList<>();
        for (ClusterNode<Gateway> node : cluster().nodes()) {
            boolean reachable = node.number() < 2;
            Map<String, WatchedNode.Group> groups = new HashMap<>();
            for (Cast cast : casts) {
                List<TestClient> clients = new ArrayList<>(cast.all());
                if (cast.patience() == Patience.ORDINARY) {
                    clients.add(flapping);
                }
                WatchedNode.Group group = WatchedNode.Group.of(
                        clients, cut.bound(reachable, cast.patience()), cut.bound(reachable, Patience.STRICT));
                // Every node is warm when it is first judged; who is to be restored was never active so far.
                long longAgo = System.nanoTime() - Duration.ofHours(1).toNanos();
                clients.stream()
                        .filter(client -> !client.equals(cast.restored()))
                        .forEach(client -> {
                            group.judge().activated(client.id(), longAgo, longAgo);
                            group.ofUnmarked().activated(client.id(), longAgo, longAgo);
                        });
                groups.put(cast.patience().name(), group);
            }
            nodes.add(new WatchedNode(node, groups));
        }
        return nodes;
    }

    /** Each node knows all, follows the log, and the others know how long it may be patient. */
    private static void warm(List<Cast> casts, TestClient flapping) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(cluster().askAll(flapping.key())).containsOnly(200);
            for (Cast cast : casts) {
                assertThat(cluster().askAll(cast.honest().key())).containsOnly(200);
                assertThat(cluster().askAll(cast.suspended().key())).containsOnly(200);
                assertThat(cluster().askAll(cast.suspendedLater().key())).containsOnly(200);
                assertThat(cluster().askAll(cast.restored().key())).containsOnly(403);
            }
            for (ClusterNode<Gateway> node : cluster().nodes()) {
                assertThat(node.metric("registry_lease{state=\"held\"}")).isEqualTo(1);
            }
            assertThat(shortestAnnouncedGrace()).isEqualTo(Patience.PATIENT.grace.toMillis());
        });
    }

    private static long shortestAnnouncedGrace() throws SQLException {
        try (Connection connection = TestServers.connect(cluster().database());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT min(grace_ms) FROM client_registry.node_heartbeats")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static void change(List<WatchedNode> nodes, TestClient client, boolean active) {
        List<Oracle.Change> changes = nodes.stream()
                .flatMap(node -> node.beginning(client.id(), active).stream())
                .toList();
        try {
            cluster().registry().status(client.id(), active ? "ACTIVE" : "SUSPENDED");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        changes.forEach(Oracle.Change::acknowledged);
    }

    private static void awaitPassed(long since, Duration length) {
        await().pollInterval(Duration.ofMillis(10))
                .atMost(length.plusSeconds(10))
                .until(() -> System.nanoTime() - since >= length.toNanos());
    }

    /** How long each took until it was right about everybody. */
    private static List<Duration> heal(List<WatchedNode> cutOff, List<Cast> casts) {
        List<CompletableFuture<Duration>> healing = new ArrayList<>();
        for (WatchedNode node : cutOff) {
            node.node().ways().heal();
            long healedAt = System.nanoTime();
            healing.add(CompletableFuture.supplyAsync(
                    () -> {
                        await().pollInterval(Duration.ofMillis(10))
                                .atMost(Duration.ofSeconds(20))
                                .until(() -> isRight(node.node(), casts));
                        return Duration.ofNanos(System.nanoTime() - healedAt);
                    },
                    OwnThread.EACH));
        }
        return healing.stream().map(CompletableFuture::join).toList();
    }

    /**
     * First one whose records serve only under a held lease: to look costs the machine, which has a node to bring back, as little as can be.
     * Then all are asked at once: the sooner it is seen.
     */
    private static boolean isRight(ClusterNode<?> node, List<Cast> casts) throws IOException, InterruptedException {
        for (Cast cast : casts) {
            if (cast.patience() == Patience.STRICT
                    && !isAnswered(node, cast.honest(), 200).join()) {
                return false;
            }
        }
        if (node.metric("registry_lease{state=\"held\"}") != 1) {
            return false;
        }
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        for (Cast cast : casts) {
            answers.add(isAnswered(node, cast.honest(), 200));
            answers.add(isAnswered(node, cast.restored(), 200));
            answers.add(isAnswered(node, cast.suspended(), 403));
            answers.add(isAnswered(node, cast.suspendedLater(), 403));
        }
        return answers.stream().map(CompletableFuture::join).toList().stream().allMatch(right -> right);
    }

    private static CompletableFuture<Boolean> isAnswered(ClusterNode<?> node, TestClient client, int status) {
        return node.calls()
                .askedWithKey(client.key(), NodeCalls.LIMIT)
                .thenApply(answer -> answer.statusCode() == status
                        && answer.headers().firstValue("X-Auth-Stale").isEmpty())
                .exceptionally(failure -> false);
    }

    private static void judge(WatchedNode.Group group, boolean reachable, Cut cut, Patience patience) {
        Oracle.Counts counts = group.judge().counts();
        assertThat(counts.examples()).isEmpty();
        assertThat(counts.wrongAllows()).isZero();
        assertThat(counts.wrongDenials()).isZero();
        assertThat(counts.unexpected()).isZero();
        assertThat(group.ofUnmarked().counts().examples())
                .as("not marked stale")
                .isEmpty();
        assertThat(counts.honest()).isPositive();
        boolean served = reachable
                || cut.server() == Server.REDIS
                || cut.length().compareTo(patience.grace.plus(LEASE.dividedBy(2))) < 0;
        if (served) {
            assertThat(counts.availability()).isEqualTo(100);
        }
    }

    private static void report(Cut cut, List<WatchedNode> nodes, List<Duration> rightAgain) {
        List<String> faults = List.of("none", "none", "cut", "frozen", "half-open");
        for (WatchedNode node : nodes) {
            int number = node.node().number();
            StringBuilder line = new StringBuilder(
                    String.format(Locale.ROOT, "cut-off \"%s\" node=%d fault=%s", cut, number, faults.get(number)));
            for (Patience patience : Patience.values()) {
                Oracle.Counts counts = node.group(patience.name()).judge().counts();
                line.append(String.format(
                        Locale.ROOT,
                        " %s: availability=%.1f%% judged=%d wrong_allows=%d wrong_denials=%d",
                        patience.name().toLowerCase(Locale.ROOT),
                        counts.availability(),
                        counts.total(),
                        counts.wrongAllows(),
                        counts.wrongDenials()));
            }
            if (number >= 2) {
                line.append(" right_again_ms=")
                        .append(rightAgain.get(number - 2).toMillis());
            }
            System.out.println(line);
        }
    }
}
