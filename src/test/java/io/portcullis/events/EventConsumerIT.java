package io.portcullis.events;

import static io.portcullis.events.EventBench.DLQ;
import static io.portcullis.events.EventBench.STREAM;
import static io.portcullis.events.EventBench.await;
import static io.portcullis.events.EventBench.settings;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.testing.TcpProxy;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** The consumer against a real Redis and a database that does what it is told. */
@Timeout(60)
class EventConsumerIT {

    /** In place of 15 s. */
    private static final Duration SOON = Duration.ofMillis(300);

    private static final Duration NEVER = Duration.ofHours(1);

    private final EventBench bench = new EventBench();
    private final FakeSink sink = new FakeSink();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        ourLog().addAppender(log);
    }

    @AfterEach
    void close() {
        ourLog().detachAppender(log);
        bench.close();
    }

    private static Logger ourLog() {
        return (Logger) LoggerFactory.getLogger("io.portcullis.events");
    }

    private long lines(String event) {
        return List.copyOf(log.list).stream()
                .filter(line -> line.getFormattedMessage().startsWith("event=admin_events." + event + " "))
                .count();
    }

    private void assertEachOnce(int count) {
        assertThat(sink.applied).hasSize(count);
        assertThat(sink.applied.values())
                .allSatisfy(times -> assertThat(times.get()).isEqualTo(1));
    }

    @Test
    void whatWasThereAndWhatComesIsAppliedAndAcknowledged() {
        bench.addValid("before", 100);
        EventBench.Node node = bench.node(sink, settings(500, NEVER));
        await().until(() -> sink.applied.size() == 100);
        bench.addValid("after", 100);
        await().until(() -> sink.applied.size() == 200 && bench.settled());
        assertThat(node.count("applied")).isEqualTo(200);
        assertThat(node.health.state()).isEqualTo(EventsHealth.State.CONSUMING);
        await().until(() -> node.gauge("admin_events_lag") == 0 && node.gauge("admin_events_age") == 0);
        await().until(() -> node.gauge("admin_events_dlq") == 0);
        assertThat(lines("group_created")).isEqualTo(1);
    }

    @Test
    void batchesGrowToWhatIsConfigured() {
        bench.addValid("e", 300);
        bench.node(sink, settings(50, NEVER));
        await().until(() -> sink.applied.size() == 300);
        assertThat(sink.batches).startsWith(16, 32, 50, 50).allMatch(size -> size <= 50);
    }

    @Test
    void anEventThatComesTwiceIsADuplicate() {
        bench.add(Entries.valid("same", 1));
        bench.add(Entries.valid("same", 1));
        EventBench.Node node = bench.node(sink, settings(500, NEVER));
        await().until(bench::settled);
        assertThat(node.count("applied")).isEqualTo(1);
        assertThat(node.count("duplicate")).isEqualTo(1);
    }

    @Test
    void unknownTypesAreIgnoredAndToldOnce() {
        for (int i = 0; i < 3; i++) {
            bench.add(Entries.fields("client.certificate_added", "e" + i, "{}"));
        }
        EventBench.Node node = bench.node(sink, settings(500, NEVER));
        await().until(() -> node.count("ignored") == 3 && bench.settled());
        assertThat(node.meters
                        .get("admin_events")
                        .tag("type", "unknown")
                        .tag("outcome", "ignored")
                        .counter()
                        .count())
                .isEqualTo(3);
        assertThat(lines("unknown_type")).isEqualTo(1);
        assertThat(bench.length(DLQ)).isZero();
    }

    // --- poison

    @Test
    void onePoisonInABatchTakesNoneWithIt() {
        sink.poison.add("e-137");
        bench.addValid("e", 300);
        EventBench.Node node = bench.node(sink, settings(500, NEVER));
        await().until(() -> sink.applied.size() == 299 && bench.pending() == 1);
        assertThat(node.count("failed")).isEqualTo(1);
        assertThat(sink.refusals.get()).as("found by halves").isLessThan(12);
        assertThat(bench.length(DLQ)).isZero();
    }

    @Test
    void aPoisonIsADeadLetterAfterFiveTriesWithAllThatItHad() {
        sink.poison.add("bad");
        String id = bench.add(Entries.valid("bad", 1));
        EventBench.Node node = bench.node(sink, settings(500, SOON));
        await().until(() -> bench.length(DLQ) == 1 && bench.pending() == 0);
        assertThat(sink.refusals.get()).as("tries").isEqualTo(5);
        assertThat(node.count("failed")).isEqualTo(5);
        assertThat(node.count("dlq")).isEqualTo(1);
        assertThat(bench.letter("event_id")).isEqualTo("bad");
        assertThat(bench.letter("payload")).isEqualTo(Entries.payload(1).encode());
        assertThat(bench.letter("dlq_original_id")).isEqualTo(id);
        assertThat(bench.letter("dlq_deliveries")).isEqualTo("5");
        assertThat(bench.letter("dlq_reason")).isEqualTo("the database refuses it: clients_sound");
        assertThat(bench.letter("dlq_failed_at")).startsWith("20");
        await().until(() -> node.gauge("admin_events_dlq") == 1);
        assertThat(lines("entries_failed")).isEqualTo(4);
        assertThat(lines("dead_letters")).isEqualTo(1);
    }

    @Test
    void whatCannotBeReadIsADeadLetterToo() {
        bench.add(Entries.with(Entries.valid("e", 1), "payload", Buffer.buffer("{\"secret\":\"pl4nted\"")));
        bench.node(sink, settings(500, SOON));
        await().until(() -> bench.length(DLQ) == 1 && bench.pending() == 0);
        assertThat(bench.letter("dlq_reason")).startsWith("payload is not a JSON object");
        assertThat(List.copyOf(log.list))
                .noneMatch(line -> line.getFormattedMessage().contains("pl4nted"));
    }

    /** Redis without memory takes no dead letters. That is no reason to hold up a revocation. */
    @Test
    void aFullRedisHoldsUpDeadLettersOnly() {
        sink.poison.add("bad");
        bench.add(Entries.valid("bad", 1));
        bench.addValid("e", 5);
        EventBench.Node node = bench.node(sink, settings(500, SOON));
        await().until(() -> sink.applied.size() == 5);
        bench.raw("CONFIG", "SET", "maxmemory", "1");
        await().until(() -> lines("dead_letter_refused") > 0);
        assertThat(bench.pending()).isEqualTo(1);
        assertThat(node.health.state()).isEqualTo(EventsHealth.State.CONSUMING);
        bench.raw("CONFIG", "SET", "maxmemory", "0");
        await().until(() -> bench.length(DLQ) == 1 && bench.pending() == 0);
    }

    // --- the database goes

    @Test
    void aLongOutageOfTheDatabaseFillsNoDeadLettersAndLosesNothing() {
        sink.away = true;
        bench.addValid("e", 200);
        // By now somebody else would have claimed, and tried, each of them five times over.
        EventBench.Node one = bench.node(sink, settings(50, Duration.ofMillis(100)));
        EventBench.Node two = bench.node(sink, settings(50, Duration.ofMillis(100)));
        await().until(() -> one.health.state() == EventsHealth.State.DATABASE_AWAY
                && two.health.state() == EventsHealth.State.DATABASE_AWAY);
        await().until(() -> sink.failures.get() > 12);
        assertThat(bench.length(DLQ)).isZero();
        assertThat(bench.pending()).as("a batch each, and no more").isLessThanOrEqualTo(100);
        assertThat(mostDeliveries()).as("deliveries").isEqualTo(1);
        assertThat(lines("database_away")).as("once for each").isEqualTo(2);
        sink.away = false;
        await().until(() -> sink.applied.size() == 200 && bench.settled());
        assertEachOnce(200);
        assertThat(bench.length(DLQ)).isZero();
        await().until(() -> lines("database_back") == 2);
        assertThat(one.count("failed") + two.count("failed")).isZero();
    }

    @Test
    void aDatabaseThatIsTooSlowForTheWholeBatchIsGivenLess() {
        sink.most = 20;
        bench.addValid("e", 300);
        bench.node(sink, settings(500, NEVER));
        await().until(() -> sink.applied.size() == 300 && bench.settled());
        assertThat(bench.length(DLQ)).isZero();
    }

    // --- consumers die

    @Test
    void whatADeadConsumerHeldIsTakenOver() {
        FakeSink hanging = new FakeSink();
        hanging.hangs = Promise.promise();
        bench.addValid("e", 40);
        bench.node(hanging, settings(500, NEVER));
        await().until(() -> bench.pending() > 0);
        EventBench.Node heir = bench.node(sink, settings(500, SOON));
        await().until(() -> sink.applied.size() == 40 && bench.settled());
        assertThat(heir.count("applied")).isEqualTo(40);
    }

    /** What kill -9 ×50 leaves behind. */
    @Test
    void whatWasDeliveredOftenBecauseItsProcessesDiedIsTriedAndNotBuried() {
        bench.addValid("e", 3);
        bench.raw("XGROUP", "CREATE", STREAM, EventBench.GROUP, "0");
        deliver(60);
        EventBench.Node node = bench.node(sink, settings(500, SOON));
        await().until(() -> sink.applied.size() == 3 && bench.settled());
        assertThat(bench.length(DLQ)).isZero();
        assertThat(sink.batches).as("each alone").containsOnly(1);
        assertThat(node.count("applied")).isEqualTo(3);
    }

    @Test
    void whatWasDeliveredOftenAndIsPoisonTakesNoneWithIt() {
        sink.poison.add("e-1");
        bench.addValid("e", 3);
        bench.raw("XGROUP", "CREATE", STREAM, EventBench.GROUP, "0");
        deliver(60);
        bench.node(sink, settings(500, SOON));
        await().until(() -> sink.applied.size() == 2 && bench.settled());
        assertThat(bench.length(DLQ)).isEqualTo(1);
        assertThat(bench.letter("dlq_reason")).isEqualTo("the database refuses it: clients_sound");
    }

    @Test
    void whatNobodyEverSurvivedIsGivenUpUntried() {
        bench.addValid("e", 1);
        bench.raw("XGROUP", "CREATE", STREAM, EventBench.GROUP, "0");
        deliver(5 * EventConsumer.UNTRIED);
        bench.node(sink, settings(500, SOON));
        await().until(() -> bench.length(DLQ) == 1 && bench.settled());
        assertThat(sink.batches).isEmpty();
        assertThat(bench.letter("dlq_reason")).startsWith("given up untried: it was delivered 250 times");
    }

    /** As above, while the database is away: that would be the wrong moment to conclude anything. */
    @Test
    void nothingIsGivenUpWhileTheDatabaseIsAway() {
        sink.away = true;
        bench.addValid("e", 1);
        bench.raw("XGROUP", "CREATE", STREAM, EventBench.GROUP, "0");
        deliver(5 * EventConsumer.UNTRIED);
        EventBench.Node node = bench.node(sink, settings(500, Duration.ofMillis(100)));
        await().until(() -> node.health.state() == EventsHealth.State.DATABASE_AWAY && lines("database_away") == 1);
        assertThat(bench.length(DLQ)).isZero();
        assertThat(bench.pending()).isEqualTo(1);
    }

    /** The database was there when the claims began, and Redis kept us waiting since. */
    @Test
    void nothingIsGivenUpWhereTheDatabaseWentAfterTheClaimsBegan() throws Exception {
        bench.addValid("worn", 1);
        bench.raw("XGROUP", "CREATE", STREAM, EventBench.GROUP, "0");
        deliver(5 * EventConsumer.UNTRIED);
        bench.addValid("before", 1);
        deliver(1);
        Promise<Void> committed = Promise.promise();
        sink.hangs = committed;
        EventBench.Node node = bench.node(sink, settings(500, Duration.ofMillis(100)));
        await().until(() -> sink.applied.containsKey("before-0"));
        bench.redis.signal("STOP");
        sink.away = true;
        committed.complete();
        await().until(() -> node.health.state() == EventsHealth.State.REDIS_AWAY);
        // What could be written a second ago is taken for writable.
        TimeUnit.MILLISECONDS.sleep(1_100);
        bench.redis.signal("CONT");
        await().until(() -> lines("database_away") == 1);
        assertThat(sink.applied).containsOnlyKeys("before-0");
        assertThat(bench.length(DLQ)).isZero();
        assertThat(bench.pending()).isEqualTo(1);
    }

    /** A claim is a delivery. However long the database is away and whoever starts meanwhile, none is counted. */
    @Test
    void nothingIsClaimedWhileTheDatabaseIsAway() {
        sink.away = true;
        bench.addValid("e", 3);
        bench.raw("XGROUP", "CREATE", STREAM, EventBench.GROUP, "0");
        deliver(1);
        EventBench.Node node = bench.node(sink, settings(500, Duration.ofMillis(100)));
        await().until(() -> node.health.state() == EventsHealth.State.DATABASE_AWAY && lines("database_away") == 1);
        assertThat(mostDeliveries()).isEqualTo(1);
        sink.away = false;
        await().until(() -> sink.applied.size() == 3 && bench.settled());
    }

    private long mostDeliveries() {
        return bench.number(
                "local most = 0 for _, p in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1000)) do "
                        + "most = math.max(most, p[4]) end return most",
                STREAM,
                EventBench.GROUP);
    }

    /** What is new, to a consumer that is dead. */
    private void deliver(int times) {
        bench.raw(
                "EVAL",
                "local new = redis.call('XREADGROUP', 'GROUP', ARGV[1], 'dead', 'STREAMS', KEYS[1], '>') "
                        + "for _, entry in ipairs(new[1][2]) do "
                        + "redis.call('XCLAIM', KEYS[1], ARGV[1], 'dead', 0, entry[1], 'IDLE', 3600000, 'RETRYCOUNT', ARGV[2]) end return 1",
                "1",
                STREAM,
                EventBench.GROUP,
                Integer.toString(times));
    }

    /** Cut off, stopped and replaced at random moments. */
    @Test
    void consumersThatDieAtAnyMomentLoseAndDoubleNothing() throws Exception {
        Random random = new Random(7);
        int count = 2_000;
        try (TcpProxy way = TcpProxy.to("127.0.0.1", bench.redis.port())) {
            bench.node(sink, settings(100, SOON));
            for (int round = 0; round < 15; round++) {
                bench.addValid("r" + round, count / 20);
                EventBench.Node other = bench.node(sink, settings(100, SOON), way.port());
                await().pollDelay(Duration.ofMillis(1 + random.nextInt(60))).until(() -> true);
                // Half of them go with their connections, in the middle of whatever it was.
                if (random.nextBoolean()) {
                    way.cut();
                    way.heal();
                }
                if (random.nextBoolean()) {
                    other.stop();
                }
            }
            bench.addValid("last", count / 4);
            await().until(() -> sink.applied.size() == 2_000 && bench.settled());
            assertEachOnce(2_000);
            assertThat(bench.length(DLQ)).isZero();
        }
    }

    @Test
    void aCleanStopSettlesWhatIsInHandAndLeavesNoConsumer() {
        bench.addValid("e", 16);
        Promise<Void> hangs = Promise.promise();
        sink.hangs = hangs;
        EventBench.Node node = bench.node(sink, settings(500, NEVER));
        await().until(() -> sink.applied.size() == 16);
        bench.vertx.setTimer(100, id -> hangs.complete());
        node.stop();
        assertThat(bench.pending()).isZero();
        assertThat(bench.consumers()).isZero();
        assertThat(node.health.state()).isEqualTo(EventsHealth.State.STOPPED);
        assertThat(node.links.active() + node.links.idle()).isZero();
    }

    @Test
    void aStopThatCannotSettleEndsAndLeavesWhatIsPending() {
        sink.away = true;
        bench.addValid("e", 3);
        EventBench.Node node = bench.node(sink, settings(500, NEVER));
        await().until(() -> node.health.state() == EventsHealth.State.DATABASE_AWAY);
        node.stop();
        assertThat(bench.pending()).isEqualTo(3);
        assertThat(bench.consumers()).as("so that they are found").isEqualTo(1);
    }

    // --- Redis goes

    @Test
    void aRedisThatIsRestartedIsReadAnew() {
        bench.addValid("e", 10);
        EventBench.Node node = bench.node(sink, settings(500, SOON));
        await().until(() -> sink.applied.size() == 10);
        bench.redis.kill();
        await().until(() -> node.health.state() == EventsHealth.State.REDIS_AWAY);
        // Without its data, as it keeps none.
        bench.redis.startAgain();
        bench.addValid("again", 10);
        await().until(() -> sink.applied.size() == 20 && bench.settled());
        await().until(() -> node.health.state() == EventsHealth.State.CONSUMING);
        assertThat(lines("redis_away")).isEqualTo(1);
        assertThat(lines("redis_back")).isEqualTo(1);
    }

    @Test
    void aFlushOrADeletedStreamIsSurvived() {
        bench.addValid("a", 10);
        EventBench.Node node = bench.node(sink, settings(500, SOON));
        await().until(() -> sink.applied.size() == 10);
        bench.raw("FLUSHALL");
        bench.addValid("b", 10);
        await().until(() -> sink.applied.size() == 20);
        bench.raw("DEL", STREAM);
        bench.addValid("c", 10);
        await().until(() -> sink.applied.size() == 30);
        bench.raw("XGROUP", "DESTROY", STREAM, EventBench.GROUP);
        await().until(() -> node.count("duplicate") == 10);
        assertEachOnce(30);
        assertThat(lines("group_lost")).isEqualTo(3);
    }

    @Test
    void aRedisThatIsFrozenForAWhileIsSurvived() {
        EventBench.Node node = bench.node(sink, settings(500, SOON));
        bench.addValid("a", 10);
        await().until(() -> sink.applied.size() == 10);
        bench.redis.signal("STOP");
        await().until(() -> node.health.state() == EventsHealth.State.REDIS_AWAY);
        bench.redis.signal("CONT");
        bench.addValid("b", 10);
        await().until(() -> sink.applied.size() == 20 && bench.settled());
        assertEachOnce(20);
    }

    // --- the stream is trimmed

    @Test
    void whatWasTrimmedUnreadIsCountedAndToldOnce() {
        bench.addValid("a", 5);
        EventBench.Node node = bench.node(sink, settings(16, NEVER));
        await().until(() -> sink.applied.size() == 5 && bench.settled());
        sink.away = true;
        bench.addValid("b", 100);
        await().until(() -> node.health.state() == EventsHealth.State.DATABASE_AWAY);
        long taken = bench.pending();
        bench.raw("XTRIM", STREAM, "MAXLEN", "10");
        sink.away = false;
        await().until(bench::settled);
        await().until(() -> node.gauge("admin_events_trimmed") == 100 - taken - 10);
        assertThat(lines("trimmed")).isEqualTo(1);
        assertThat(sink.applied).hasSize((int) (5 + taken + 10));
    }

    @Test
    void whatWasTrimmedWhilePendingIsCountedAndAcknowledged() {
        bench.addValid("a", 8);
        bench.raw("XGROUP", "CREATE", STREAM, EventBench.GROUP, "0");
        deliver(1);
        bench.raw("XTRIM", STREAM, "MAXLEN", "3");
        EventBench.Node node = bench.node(sink, settings(500, SOON));
        await().until(() -> sink.applied.size() == 3 && bench.settled());
        assertThat(node.gauge("admin_events_trimmed")).isEqualTo(5);
        assertThat(lines("trimmed")).isEqualTo(1);
    }
}
