package io.portcullis.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.LocalCodec;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.RedisMeters;
import io.portcullis.sync.SyncVerticle.Schedule;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When runs begin and end, the lock, and what Redis keeps, on the real servers. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // set before each test
class SyncVerticleIT {

    /** The time has come, whenever the test runs. */
    private static final Schedule NOW = new Schedule(LocalTime.MIDNIGHT, false);

    /** It has not, but in the day's last moment. */
    private static final Schedule LATER = new Schedule(LocalTime.MAX, false);

    private static final Schedule FIRST_START = new Schedule(LocalTime.MAX, true);

    private static SyncBench bench;
    private FakeSource source;
    private SimpleMeterRegistry meters;

    @BeforeAll
    static void open() throws SQLException {
        bench = new SyncBench();
        LocalCodec.register(bench.vertx);
    }

    @BeforeEach
    void reset() throws SQLException {
        bench.reset();
        source = new FakeSource();
        meters = new SimpleMeterRegistry();
        bench.clearRedis();
    }

    @AfterAll
    static void close() throws SQLException {
        bench.close();
    }

    private SyncVerticle verticle(Schedule schedule) {
        return new SyncVerticle(new SyncVerticle.Parts(
                source,
                bench.postgres.lookups(),
                bench.postgres.transactions(),
                bench.links,
                bench.prefix,
                RedisMeters.none(),
                schedule,
                10,
                Clock.systemUTC(),
                meters));
    }

    private String deploy(Schedule schedule) {
        return SyncBench.await(bench.vertx.deployVerticle(() -> verticle(schedule), new DeploymentOptions()));
    }

    private static void undeploy(String id) {
        SyncBench.await(bench.vertx.undeploy(id));
    }

    private static String batch() throws SQLException {
        return bench.all("SELECT status || ' ' || total FROM client_registry.sync_batches").stream()
                .findFirst()
                .orElse("none");
    }

    @Test
    void aDayIsComparedOnceByOneOfTwo() throws Exception {
        source.with(25);
        String one = deploy(NOW);
        String other = deploy(NOW);
        await().atMost(Duration.ofSeconds(20)).until(() -> batch().equals("COMPLETED 25"));
        String third = deploy(NOW);
        await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(10)).until(() -> source.asked() == 3);
        undeploy(one);
        undeploy(other);
        undeploy(third);
        assertThat(meters.counter("sync_clients", "result", "repaired").count()).isEqualTo(25);
        assertThat(bench.redisKeys()).as("the lock is given back").noneMatch(key -> key.endsWith("{lock:sync}"));
    }

    @Test
    void beforeItsTimeNothingIsDoneUnlessTheRegistryIsEmptyAndShallBeFilled() throws Exception {
        source.with(5);
        String id = deploy(LATER);
        await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(10)).until(() -> source.asked() == 0);
        undeploy(id);

        id = deploy(FIRST_START);
        await().atMost(Duration.ofSeconds(20)).until(() -> batch().equals("COMPLETED 5"));
        undeploy(id);
    }

    @Test
    void aStopInterruptsAtAPagesEndAndTheNextStartGoesOn() throws Exception {
        source.with(45);
        source.instead(n -> n == 3 ? Promise.<ClientSource.Page>promise().future() : null);
        String id = deploy(FIRST_START);
        await().atMost(Duration.ofSeconds(20)).until(() -> batch().equals("RUNNING 20"));
        undeploy(id);
        assertThat(batch()).isEqualTo("INTERRUPTED 20");

        source.instead(n -> null);
        id = deploy(FIRST_START);
        await().atMost(Duration.ofSeconds(20)).until(() -> batch().equals("COMPLETED 45"));
        undeploy(id);
        assertThat(source.asked()).isEqualTo(3);
    }

    @Test
    void whileOneHasTheLockAnotherIsToldWhichRunThatIs() {
        source.with(45);
        Promise<ClientSource.Page> page = Promise.promise();
        source.instead(n -> n == 3 ? page.future() : null);
        SyncRun first = bench.run(source, SyncBench.TENS);
        Future<Batch> under = bench.withLink(
                cache -> new SyncLock(bench.vertx, cache, bench.postgres.lookups()).hold(first, first::run));
        await().until(() -> batch().equals("RUNNING 20"));

        SyncRun second = bench.run(source, SyncBench.TENS);
        Future<Batch> refused = bench.withLink(
                cache -> new SyncLock(bench.vertx, cache, bench.postgres.lookups()).hold(second, second::run));
        assertThat(SyncBench.failure(refused))
                .isInstanceOf(SyncException.Busy.class)
                .hasMessageContaining("(RUNNING), 20 clients so far");
        page.complete(new ClientSource.Page(List.of(), null));
        assertThat(SyncBench.await(under).status()).isEqualTo(Batch.Status.COMPLETED);
    }

    @Test
    void whoLosesTheLockStopsThoughNobodyHasTakenItYet() throws Exception {
        source.with(45);
        source.instead(n -> n == 3 ? Promise.<ClientSource.Page>promise().future() : null);
        SyncRun run = bench.run(source, SyncBench.TENS);
        Future<Batch> under = bench.withLink(cache ->
                new SyncLock(bench.vertx, cache, bench.postgres.lookups(), Duration.ofSeconds(3)).hold(run, run::run));
        await().until(() -> batch().equals("RUNNING 20"));
        bench.withLink(cache -> cache.delete(List.of(RedisKey.of("{lock:sync}")), soon()));
        assertThat(SyncBench.failure(under)).isInstanceOf(SyncException.LostLock.class);
        assertThat(batch()).isEqualTo("FAILED 20");
    }

    @Test
    void aContentIdIsReadFromRedisForADayAndForgottenWhenItChanges() throws Exception {
        source.with(5);
        bench.sync(source);
        String id = deploy(LATER);
        CidEntry first = cid(1).orElseThrow();
        assertThat(first.cid()).startsWith("v1:");
        assertThat(first.status()).isEqualTo("REPAIRED");
        assertThat(cid(77)).isEmpty();
        await().until(() -> bench.redisKeys().contains(bench.prefix + ":cid:" + FakeSource.id(1)));
        assertThat(bench.redisKeys()).as("nothing is no value").hasSize(1);

        bench.sql("UPDATE client_registry.cids SET cid = 'v1:other'");
        assertThat(cid(1)).contains(first);
        undeploy(id);

        source.put(FakeSource.client(1).put("rate_limit", 3).put("version", 9));
        bench.sql("DELETE FROM client_registry.sync_batches");
        id = deploy(NOW);
        await().atMost(Duration.ofSeconds(20)).until(() -> batch().equals("COMPLETED 5"));
        await().until(() -> !cid(1).orElseThrow().equals(first));
        assertThat(cid(1).orElseThrow().cid()).startsWith("v1:").isNotEqualTo(first.cid());
        undeploy(id);
    }

    @Test
    void whatIsInRedisInAnotherFormIsReadAsNothing() throws Exception {
        source.with(2);
        bench.sync(source);
        for (String value : new String[] {"no json", "{\"v\":2,\"status\":\"X\"}", "[]", "{\"v\":1}"}) {
            RedisKey key = RedisKey.of("cid:" + FakeSource.id(1));
            SyncBench.await(bench.withLink(cache -> cache.set(key, Buffer.buffer(value), soon())));
            Optional<CidEntry> found = SyncBench.await(
                    bench.withLink(cache -> new Cids(bench.postgres.lookups(), cache).find(FakeSource.id(1), soon())));
            assertThat(found.orElseThrow().status()).isEqualTo("REPAIRED");
        }
    }

    private static Optional<CidEntry> cid(int n) {
        return SyncBench.await(bench.onLoop(() ->
                SyncVerticle.CID.ask(bench.vertx.eventBus(), new SyncVerticle.CidQuestion(FakeSource.id(n)), soon())));
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(5));
    }
}
