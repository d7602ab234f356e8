package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.bus.Deadline;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A real cluster of three masters, one of them with a replica: slots that move, a master that dies. */
@Timeout(90)
class RedisClusterIT {

    private static final Logger log = LoggerFactory.getLogger(RedisClusterIT.class);
    private static final Deadline NEVER_YET = Deadline.in(Duration.ofMinutes(10));

    private static final int SHARE = Slots.COUNT / 3 + 1;
    private static final List<RealRedis> masters = new ArrayList<>();
    private static RealRedis replica;
    private static Vertx vertx;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        vertx = Vertx.vertx();
        for (int i = 0; i < 3; i++) {
            masters.add(node());
        }
        replica = node();
        for (int i = 0; i < 3; i++) {
            int last = Math.min(Slots.COUNT, (i + 1) * SHARE) - 1;
            run(masters.get(i), "CLUSTER", "ADDSLOTSRANGE", Integer.toString(i * SHARE), Integer.toString(last));
            run(masters.get(i), "CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
            if (i > 0) {
                meet(masters.get(i));
            }
        }
        meet(replica);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> run(replica, "CLUSTER", "INFO").contains("cluster_known_nodes:4"));
        await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> run(replica, "CLUSTER", "REPLICATE", run(masters.get(0), "CLUSTER", "MYID"))
                        .equals("OK"));
        await().atMost(Duration.ofSeconds(20)).until(() -> everyNodeSays("cluster_state:ok"));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> run(replica, "INFO", "replication").contains("master_link_status:up"));
    }

    private static RealRedis node() {
        return new RealRedis(
                "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--repl-diskless-sync-delay", "0");
    }

    private static void meet(RealRedis node) throws IOException {
        run(
                node,
                "CLUSTER",
                "MEET",
                "127.0.0.1",
                Integer.toString(masters.get(0).port()));
    }

    private static boolean everyNodeSays(String state) throws IOException {
        for (RealRedis master : masters) {
            if (!run(master, "CLUSTER", "INFO").contains(state)) {
                return false;
            }
        }
        return true;
    }

    private static String run(RealRedis node, String... words) throws IOException {
        try (RawRedis raw = node.raw()) {
            return raw.command(words);
        }
    }

    @AfterAll
    static void stop() {
        masters.forEach(RealRedis::close);
        replica.close();
        FakePeer.await(vertx.close());
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private LinkFixture link(int... seeds) {
        List<ServerAddress> addresses = IntStream.of(seeds)
                .mapToObj(i -> new ServerAddress("127.0.0.1", masters.get(i).port()))
                .toList();
        LinkFixture link = new LinkFixture(
                vertx,
                LinkFixture.settings(1)
                        .servers(new RedisTopology.Cluster(addresses))
                        .times(Duration.ofSeconds(2), Duration.ofSeconds(1))
                        .build());
        open.add(link);
        await().atMost(Duration.ofSeconds(10)).until(() -> link.links.idle() == 3);
        return link;
    }

    private static List<String> keys(String name) {
        return IntStream.range(0, 100).mapToObj(i -> name + i).toList();
    }

    private static long deleted(LinkFixture link, List<RedisKey> keys) {
        Future<Long> count = link.on(cache -> cache.delete(keys, NEVER_YET));
        return FakePeer.await(count);
    }

    private static String slot(String key) {
        return Integer.toString(Slots.of(key.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void keysAreReadWrittenAndDeletedWhereTheirSlotsAre() throws IOException {
        LinkFixture link = link(1);
        List<String> keys = keys("spread");
        List<Future<Void>> written =
                keys.stream().map(key -> link.set(key, "of-" + key)).toList();
        written.forEach(FakePeer::await);
        for (RealRedis master : masters.subList(1, 3)) {
            try (RawRedis raw = master.raw()) {
                assertThat(raw.keys("spread")).as("each has a share").hasSizeBetween(10, 60);
            }
        }
        List<Future<String>> read = link.getAll(keys, Duration.ofSeconds(5));
        for (int i = 0; i < keys.size(); i++) {
            assertThat(FakePeer.await(read.get(i))).isEqualTo("of-" + keys.get(i));
        }
        List<RedisKey> names = keys.stream().map(RedisKey::of).toList();
        assertThat(deleted(link, names)).isEqualTo(100);
        assertThat(link.outcomes).doesNotContain(RedisMeters.Outcome.REFUSED, RedisMeters.Outcome.UNAVAILABLE);
        assertThat(link.links.active() + link.links.idle())
                .as("a connection for each master")
                .isEqualTo(3);
    }

    @Test
    void streamsAreWhereTheirNamesAre() {
        LinkFixture link = link(1);
        List<String> names = keys("stream");
        for (String name : names) {
            RedisStream stream = new RedisStream(link.link, name, link.meters);
            StreamGroup group = stream.group("g");
            List<StreamEntry> read = FakePeer.await(link.run(() -> group.create(NEVER_YET)
                    .compose(made -> stream.add(List.of(StreamEntry.Field.of("f", name)), NEVER_YET))
                    .compose(id -> group.readNew("a", 10, Duration.ofMillis(10), NEVER_YET))));
            assertThat(read).hasSize(1);
            Future<Long> pending = link.run(
                    () -> group.standing(NEVER_YET).map(standing -> standing == null ? -1 : standing.pending()));
            assertThat(FakePeer.await(pending)).isEqualTo(1);
        }
        assertThat(link.outcomes).doesNotContain(RedisMeters.Outcome.UNAVAILABLE);
    }

    /** As {@code redis-cli --cluster reshard} does it, step by step, with reads and writes at each. */
    @Test
    void aSlotThatMovesIsFollowedWhileItDoesAndAfter() throws IOException {
        LinkFixture link = link(0, 1, 2);
        // Of the second to the third: the first dies in another test.
        RealRedis from = masters.get(1);
        RealRedis to = masters.get(2);
        String tag = IntStream.range(0, 100)
                .mapToObj(i -> "{moving" + i + "}")
                .filter(name -> Integer.parseInt(slot(name)) / SHARE == 1)
                .findFirst()
                .orElseThrow();
        String here = tag + 1;
        String gone = tag + 2;
        FakePeer.await(link.set(here, "1"));
        FakePeer.await(link.set(gone, "2"));
        String fromId = run(from, "CLUSTER", "MYID");
        String toId = run(to, "CLUSTER", "MYID");
        run(to, "CLUSTER", "SETSLOT", slot(here), "IMPORTING", fromId);
        run(from, "CLUSTER", "SETSLOT", slot(here), "MIGRATING", toId);
        run(from, "MIGRATE", "127.0.0.1", Integer.toString(to.port()), gone, "0", "5000");

        assertThat(FakePeer.await(link.get(here))).as("not moved yet").isEqualTo("1");
        assertThat(FakePeer.await(link.get(gone))).as("by ASK").isEqualTo("2");
        FakePeer.await(link.set(gone, "3"));
        assertThat(FakePeer.await(link.get(gone))).isEqualTo("3");
        assertThat(deleted(link, List.of(RedisKey.of(here), RedisKey.of(gone)))).isEqualTo(2);
        FakePeer.await(link.set(gone, "4"));

        run(to, "CLUSTER", "SETSLOT", slot(here), "NODE", toId);
        run(from, "CLUSTER", "SETSLOT", slot(here), "NODE", toId);
        assertThat(FakePeer.await(link.get(gone))).as("by MOVED").isEqualTo("4");
        FakePeer.await(link.set(here, "5"));
        assertThat(run(to, "CLUSTER", "COUNTKEYSINSLOT", slot(here))).isEqualTo("2");
        assertThat(link.outcomes).as("nothing failed meanwhile").doesNotContain(RedisMeters.Outcome.REFUSED);
    }

    @Test
    void aMasterThatDiesIsReplacedByItsReplicaAndTheOthersGoOn() throws IOException {
        LinkFixture link = link(0, 1);
        List<String> keys = keys("failover");
        keys.forEach(key -> FakePeer.await(link.set(key, "x")));
        Set<String> onFirst;
        try (RawRedis raw = masters.get(0).raw()) {
            onFirst = raw.keys("failover");
        }
        assertThat(onFirst).isNotEmpty();
        long killed = System.nanoTime();
        masters.get(0).kill();
        Set<String> others = keys.stream().filter(key -> !onFirst.contains(key)).collect(Collectors.toSet());
        List<Future<String>> meanwhile = link.getAll(List.copyOf(others), Duration.ofSeconds(2));
        meanwhile.forEach(answer -> assertThat(FakePeer.await(answer)).isEqualTo("x"));

        await().atMost(Duration.ofSeconds(30)).until(() -> {
            for (String key : onFirst) {
                if (FakePeer.await(link.get(key).otherwise("lost")).equals("lost")) {
                    return false;
                }
            }
            return true;
        });
        log.info(
                "all slots answer {} ms after a master of the cluster was killed",
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed));
        onFirst.forEach(key -> FakePeer.await(link.set(key, "y")));
        masters.get(0).startAgain();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> run(masters.get(0), "INFO", "replication").contains("role:slave"));
        assertThat(FakePeer.await(link.get(onFirst.iterator().next()))).isEqualTo("y");
    }
}
