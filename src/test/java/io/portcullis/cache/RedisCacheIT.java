package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static io.portcullis.cache.LinkFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portcullis.bus.Deadline;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** The link and its operations against a real server that is cut off, killed and frozen. */
@Timeout(60)
class RedisCacheIT {

    private static final Deadline NEVER_YET = Deadline.in(Duration.ofMinutes(10));

    private static Vertx vertx;
    private static RealRedis redis;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        redis = new RealRedis();
    }

    @AfterAll
    static void stop() {
        redis.close();
        FakePeer.await(vertx.close());
    }

    @BeforeEach
    void listen() {
        redis.command("FLUSHALL");
        log.start();
        linkLog().addAppender(log);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        linkLog().detachAppender(log);
    }

    private static Logger linkLog() {
        return (Logger) LoggerFactory.getLogger(RedisLink.class);
    }

    private LinkFixture link(LinkFixture.Settings settings) {
        LinkFixture link = new LinkFixture(vertx, settings.build());
        open.add(link);
        return link;
    }

    private LinkFixture upLink(LinkFixture.Settings settings) {
        LinkFixture link = link(settings);
        await().until(link::connected);
        return link;
    }

    private RealRedis ownRedis(String... options) {
        RealRedis own = new RealRedis(options);
        open.add(own);
        return own;
    }

    private static LinkFixture.Settings to(RealRedis server) {
        return LinkFixture.settings(server.port());
    }

    private static long count(Future<Long> answer) {
        return FakePeer.await(answer);
    }

    @Test
    void everyOperationDoesWhatItSays() {
        LinkFixture link = upLink(to(redis));
        RedisKey key = RedisKey.of("client:1");
        assertThat(FakePeer.await(link.get("client:1"))).isEqualTo(LinkFixture.NONE);
        FakePeer.await(link.set("client:1", "c"));
        assertThat(FakePeer.await(link.get("client:1"))).isEqualTo("c");
        assertThat(Long.parseLong(redis.command("PTTL", "client:1").substring(1)))
                .isPositive();
        assertThat(count(link.on(c -> c.delete(List.of(key, RedisKey.of("none")), NEVER_YET))))
                .isEqualTo(1);
        assertThat(FakePeer.await(link.get("client:1"))).isEqualTo(LinkFixture.NONE);
        assertThat(count(link.on(c -> c.delete(List.of(), NEVER_YET)))).isZero();
    }

    @Test
    void anEntryEndsWithItsTime() {
        LinkFixture link = upLink(to(redis));
        FakePeer.await(link.on(c -> c.set(RedisKey.of("brief"), Buffer.buffer("x"), 30, NEVER_YET)));
        await().until(() -> FakePeer.await(link.get("brief")).equals(LinkFixture.NONE));
    }

    @Test
    void keysAndValuesAreAnyBytes() {
        LinkFixture link = upLink(to(redis).prefix("gw"));
        byte[] bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        RedisKey key = RedisKey.of("client:key:", bytes);
        for (int size : new int[] {0, 1, 255, 65_535, 1_000_000, RedisCache.MAX_VALUE}) {
            byte[] value = new byte[size];
            new Random(size).nextBytes(value);
            FakePeer.await(link.on(c -> c.set(key, Buffer.buffer(value), 60_000, NEVER_YET)));
            Buffer back = FakePeer.await(link.on(c -> c.get(key, NEVER_YET)));
            assertThat(back.getBytes()).isEqualTo(value);
        }
    }

    @Test
    void thePrefixIsPutBeforeEveryKey() {
        LinkFixture link = upLink(to(redis).prefix("gw"));
        FakePeer.await(link.set("client:1", "a"));
        assertThat(redis.command("EXISTS", "gw:client:1")).isEqualTo(":1");
    }

    @Test
    void aServerWithAPasswordAndAnotherDatabase() {
        RealRedis own = ownRedis("--requirepass", "right-secret");
        LinkFixture link = upLink(to(own).password(null, "right-secret").db(3));
        FakePeer.await(link.set("a", "b"));
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("b");
        LinkFixture other = upLink(to(own).password("default", "right-secret"));
        assertThat(FakePeer.await(other.get("a"))).isEqualTo(LinkFixture.NONE);
    }

    @Test
    void aWrongPasswordLeavesTheLinkDownAndOutOfTheLog() {
        RealRedis own = ownRedis("--requirepass", "right-secret");
        LinkFixture wrong = link(to(own).password(null, "wrong-secret"));
        LinkFixture none = link(to(own));
        await().until(() -> log.list.size() == 2);
        assertThat(wrong.connected()).isFalse();
        assertThat(none.connected()).isFalse();
        assertThat(failure(wrong.get("a"))).isInstanceOf(RedisFailure.Unavailable.class);
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .allMatch(line -> line.contains("state=down"))
                .anyMatch(line -> line.contains("WRONGPASS"))
                .anyMatch(line -> line.contains("NOAUTH"))
                .noneMatch(line -> line.contains("secret"));
    }

    @Test
    void aKilledServerIsAMissAtOnceAndIsBackByItself() {
        RealRedis own = ownRedis();
        LinkFixture link = upLink(to(own));
        own.kill();
        await().until(() -> !link.connected());
        await().until(() -> failure(link.get("a")) instanceof RedisFailure.Unavailable down
                && down.reason().equals("not connected"));
        long start = System.nanoTime();
        link.getAll(IntStream.range(0, 1000).mapToObj(i -> "k" + i).toList(), Duration.ofSeconds(5))
                .forEach(LinkFixture::failure);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(500));
        own.startAgain();
        long back = System.nanoTime();
        await().atMost(Duration.ofSeconds(5)).until(link::connected);
        assertThat(Duration.ofNanos(System.nanoTime() - back)).isLessThan(Duration.ofMillis(2_500));
        FakePeer.await(link.set("a", "b"));
        assertThat(log.list)
                .extracting(event -> event.getFormattedMessage().replaceAll(".*state=(\\w+).*", "$1"))
                .startsWith("up", "down")
                .endsWith("up");
        assertThat(log.list)
                .extracting(event -> event.getFormattedMessage())
                .filteredOn(message -> message.contains("state=down"))
                .as("once per episode and reason")
                .doesNotHaveDuplicates();
    }

    @Test
    void aFrozenServerHoldsNobodyPastTheLimitAndMixesNothingUpAfterwards() {
        RealRedis own = ownRedis();
        LinkFixture link = upLink(to(own));
        for (int i = 0; i < 10; i++) {
            FakePeer.await(link.set("k" + i, "value-of-k" + i));
        }
        own.signal("STOP");
        long start = System.nanoTime();
        link.getAll(List.of("k0", "k1", "k2"), Duration.ofMillis(200)).forEach(LinkFixture::failure);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
        own.signal("CONT");
        await().until(link::connected);
        for (int i = 9; i >= 0; i--) {
            assertThat(FakePeer.await(link.get("k" + i))).isEqualTo("value-of-k" + i);
        }
    }

    @Test
    void connectionsCutUnderLoadNeverYieldAnothersValue() {
        LinkFixture link = upLink(to(redis));
        List<String> keys = IntStream.range(0, 500).mapToObj(i -> "key-" + i).toList();
        keys.forEach(key -> FakePeer.await(link.set(key, "value-of-" + key)));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
        long answered = 0;
        long failed = 0;
        for (int round = 0; System.nanoTime() - end < 0; round++) {
            List<Future<String>> answers = link.getAll(keys, Duration.ofSeconds(5));
            if (round % 50 == 10) {
                redis.command("CLIENT", "KILL", "TYPE", "normal");
            }
            for (int i = 0; i < keys.size(); i++) {
                String answer = FakePeer.await(answers.get(i).otherwise("lost"));
                assertThat(answer).isIn("lost", "value-of-" + keys.get(i));
                if (answer.equals("lost")) {
                    failed++;
                } else {
                    answered++;
                }
            }
        }
        assertThat(answered).isGreaterThan(10_000).isGreaterThan(failed);
        assertThat(link.states).as("the cuts were felt").contains(false);
    }

    @Test
    void aFullServerRefusesWritesAndServesReads() {
        RealRedis own = ownRedis();
        LinkFixture link = upLink(to(own));
        FakePeer.await(link.set("a", "b"));
        own.command("CONFIG", "SET", "maxmemory", "1");
        assertThat(failure(link.set("c", "d"))).hasMessageContaining("OOM");
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("b");
        own.command("LPUSH", "list", "x");
        own.command("CONFIG", "SET", "maxmemory", "0");
        own.command("LPUSH", "list", "x");
        assertThat(failure(link.get("list"))).hasMessageContaining("WRONGTYPE");
        assertThat(link.states).containsExactly(true);
    }

    @Test
    void aServerThatBecameAReplicaRefusesWritesUntilItIsNone() {
        RealRedis own = ownRedis("--replica-serve-stale-data", "yes");
        LinkFixture link = upLink(to(own));
        own.command("REPLICAOF", "127.0.0.1", Integer.toString(redis.port()));
        assertThat(failure(link.set("a", "b"))).hasMessageContaining("READONLY");
        assertThat(FakePeer.await(link.get("a"))).isEqualTo(LinkFixture.NONE);
        own.command("REPLICAOF", "NO", "ONE");
        FakePeer.await(link.set("a", "b"));
        assertThat(link.states).containsExactly(true);
    }
}
