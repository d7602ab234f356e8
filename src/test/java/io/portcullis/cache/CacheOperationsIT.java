package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static io.portcullis.cache.LinkFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.portcullis.bus.Deadline;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The general operations, pipelines and transactions, against a real server. */
@Timeout(60)
class CacheOperationsIT {

    private static final Deadline NEVER_YET = Deadline.in(Duration.ofMinutes(10));
    private static final Buffer VALUE = Buffer.buffer("value");

    private static Vertx vertx;
    private static RealRedis redis;
    private final List<AutoCloseable> open = new ArrayList<>();

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
    void empty() {
        redis.command("FLUSHALL");
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private LinkFixture link(String prefix) {
        LinkFixture link = new LinkFixture(
                vertx, LinkFixture.settings(redis.port()).prefix(prefix).build());
        open.add(link);
        await().until(link::connected);
        return link;
    }

    private static <T> T done(LinkFixture link, Function<RedisCache, Future<T>> operation) {
        return FakePeer.await(link.on(operation));
    }

    private static long ttl(String key) {
        return Long.parseLong(redis.command("PTTL", key).substring(1));
    }

    @Test
    void whatIsThereIsNotSetAgainAndItsTimeCanBeRefreshed() {
        LinkFixture link = link("app");
        RedisKey key = RedisKey.of("k");
        assertThat((boolean) done(link, c -> c.exists(key, NEVER_YET))).isFalse();
        assertThat((boolean) done(link, c -> c.refreshTtl(key, 60_000, NEVER_YET)))
                .isFalse();
        assertThat((boolean) done(link, c -> c.setIfAbsent(key, VALUE, 5_000, NEVER_YET)))
                .isTrue();
        assertThat((boolean) done(link, c -> c.setIfAbsent(key, Buffer.buffer("other"), 5_000, NEVER_YET)))
                .isFalse();
        assertThat(FakePeer.await(link.get("k"))).isEqualTo("value");
        assertThat((boolean) done(link, c -> c.exists(key, NEVER_YET))).isTrue();
        assertThat(ttl("app:k")).isBetween(1L, 5_000L);
        assertThat((boolean) done(link, c -> c.refreshTtl(key, 60_000, NEVER_YET)))
                .isTrue();
        assertThat(ttl("app:k")).isBetween(50_000L, 60_000L);
    }

    @Test
    void whatIsSetWithoutATimeStaysForTheCachesOwn() {
        LinkFixture link = link("app");
        done(link, c -> c.set(RedisKey.fromHash("abc"), VALUE, NEVER_YET));
        assertThat(ttl("app:hash:abc"))
                .isBetween(LinkFixture.DEFAULT_TTL.toMillis() - 10_000, LinkFixture.DEFAULT_TTL.toMillis());
    }

    @Test
    void aPatternDeletesOursThatItFitsAndNothingElse() throws IOException {
        LinkFixture link = link("app");
        try (RawRedis raw = redis.raw()) {
            for (int i = 0; i < 1_200; i++) {
                raw.set("app:client:" + i, "x");
            }
            raw.set("app:other", "x");
            raw.set("client:1", "x");
            raw.set("apple:client:1", "x");
            assertThat((long) done(link, c -> new RedisKeyspace(c).deleteByPattern("client:*", NEVER_YET)))
                    .isEqualTo(1_200);
            assertThat(raw.keys("")).containsExactlyInAnyOrder("app:other", "client:1", "apple:client:1");
            assertThat((long) done(link, c -> new RedisKeyspace(c).clear(NEVER_YET)))
                    .isEqualTo(1);
            assertThat(raw.keys("")).containsExactlyInAnyOrder("client:1", "apple:client:1");
        }
    }

    @Test
    void whatOthersKeepInTheSameRedisIsNotClearedByMistake() throws IOException {
        LinkFixture link = link("");
        try (RawRedis raw = redis.raw()) {
            raw.set("theirs", "x");
            raw.set("client:1", "x");
            assertThat(failure(link.on(c -> new RedisKeyspace(c).clear(NEVER_YET))))
                    .isInstanceOf(IllegalArgumentException.class);
            for (String pattern : List.of("*", "", "?*", "[a-z]*", "\\*")) {
                assertThat(failure(link.on(c -> new RedisKeyspace(c).deleteByPattern(pattern, NEVER_YET))))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            assertThat((long) done(link, c -> new RedisKeyspace(c).deleteByPattern("client:*", NEVER_YET)))
                    .isEqualTo(1);
            assertThat(raw.keys("")).containsExactly("theirs");
        }
    }

    /** The prefix of the product has none of these; a pattern must not become another one by it all the same. */
    @Test
    void aPrefixMeansItselfInAPattern() throws IOException {
        LinkFixture link = link("a*[b]?");
        try (RawRedis raw = redis.raw()) {
            raw.set("a*[b]?:1", "x");
            raw.set("axxxb?:1", "x");
            raw.set("a*b?:1", "x");
            assertThat((long) done(link, c -> new RedisKeyspace(c).clear(NEVER_YET)))
                    .isEqualTo(1);
            assertThat(raw.keys("")).containsExactlyInAnyOrder("axxxb?:1", "a*b?:1");
        }
    }

    @Test
    void aSweepEndsWithItsDeadline() throws IOException {
        LinkFixture link = link("app");
        try (RawRedis raw = redis.raw()) {
            for (int i = 0; i < 3_000; i++) {
                raw.set("app:" + i, "x");
            }
        }
        assertThat(failure(link.on(c -> new RedisKeyspace(c).clear(Deadline.in(Duration.ofNanos(1))))))
                .isInstanceOf(RedisFailure.TimedOut.class);
    }

    @Test
    void statsCountOursAmongAll() throws IOException {
        LinkFixture link = link("app");
        try (RawRedis raw = redis.raw()) {
            for (int i = 0; i < 300; i++) {
                raw.set((i % 3 == 0 ? "app:" : "theirs:") + i, "x");
            }
        }
        CacheStats stats = done(link, c -> new RedisKeyspace(c).stats(NEVER_YET));
        assertThat(stats.servers()).isEqualTo(1);
        assertThat(stats.keys()).isEqualTo(300);
        assertThat(stats.entries()).isEqualTo(100);
        assertThat(stats.counted()).isEqualTo(300);
        assertThat(stats.memoryBytes()).isPositive();
    }

    @Test
    void aCacheThatFailsOpenNeverFailsAndCountsWhatItHid() {
        try (RealRedis own = new RealRedis();
                LinkFixture link =
                        new LinkFixture(vertx, LinkFixture.settings(own.port()).build())) {
            await().until(link::connected);
            FailOpenCache[] cache = {done(link, c -> Future.succeededFuture(new FailOpenCache(c)))};
            RedisKey key = RedisKey.of("k");
            done(link, c -> cache[0].set(key, VALUE, NEVER_YET));
            assertThat((Object) done(link, c -> cache[0].get(key, NEVER_YET))).isEqualTo(VALUE);
            assertThat(cache[0].hidden()).isZero();

            own.kill();
            await().until(() -> link.links.down() == 1);
            assertThat((Object) done(link, c -> cache[0].get(key, NEVER_YET))).isNull();
            done(link, c -> cache[0].set(key, VALUE, NEVER_YET));
            done(link, c -> cache[0].set(key, VALUE, 1_000, NEVER_YET));
            assertThat((boolean) done(link, c -> cache[0].setIfAbsent(key, VALUE, 1_000, NEVER_YET)))
                    .isFalse();
            assertThat((boolean) done(link, c -> cache[0].exists(key, NEVER_YET)))
                    .isFalse();
            assertThat((boolean) done(link, c -> cache[0].refreshTtl(key, 1_000, NEVER_YET)))
                    .isFalse();
            assertThat((long) done(link, c -> cache[0].delete(List.of(key), NEVER_YET)))
                    .isZero();
            assertThat(cache[0].hidden()).isEqualTo(7);
            own.startAgain();
        }
    }

    // --- pipelines and transactions

    @Test
    void aPipelineAnswersEachInItsOrder() {
        LinkFixture link = link("app");
        List<String> seen = done(link, c -> {
            Pipeline pipeline = c.pipeline(NEVER_YET);
            List<Future<?>> results = List.of(
                    pipeline.get(RedisKey.of("a")),
                    pipeline.set(RedisKey.of("a"), VALUE, 5_000),
                    pipeline.get(RedisKey.of("a")),
                    pipeline.delete(RedisKey.of("a")),
                    pipeline.get(RedisKey.of("a")));
            pipeline.send();
            return Future.join(results)
                    .map(all -> results.stream()
                            .map(one -> String.valueOf(one.result()))
                            .toList());
        });
        assertThat(seen).containsExactly("null", "null", "value", "1", "null");
    }

    @Test
    void aPipelineIsSentWholeOrNotAtAll() {
        LinkFixture link = new LinkFixture(
                vertx, LinkFixture.settings(redis.port()).limits(0, 2).build());
        open.add(link);
        await().until(link::connected);
        Future<?> refused = link.on(c -> {
            Pipeline pipeline = c.pipeline(NEVER_YET);
            Future<Void> first = pipeline.set(RedisKey.of("a"), VALUE, 5_000);
            pipeline.set(RedisKey.of("b"), VALUE, 5_000);
            pipeline.set(RedisKey.of("c"), VALUE, 5_000);
            pipeline.send();
            return first;
        });
        assertThat(failure(refused)).isInstanceOf(RedisFailure.Overloaded.class);
        assertThat(redis.command("EXISTS", "a", "b", "c")).isEqualTo(":0");
    }

    @Test
    void theClockNamesTheServersRun() {
        LinkFixture link = link("app");
        RedisClock first = clock(link);
        RedisClock second = clock(link);
        assertThat(second.server()).isEqualTo(first.server()).hasSize(40);
        assertThat(second.micros()).isGreaterThanOrEqualTo(first.micros());
        assertThat(Math.abs(first.micros() / 1_000 - System.currentTimeMillis()))
                .isLessThan(60_000);
    }

    private static RedisClock clock(LinkFixture link) {
        return done(link, c -> {
            Pipeline pipeline = c.pipeline(NEVER_YET);
            Future<RedisClock> clock = pipeline.clock(RedisKey.of("k"));
            pipeline.send();
            return clock;
        });
    }

    @Test
    void aTransactionTakesPlaceWholeWithItsResults() {
        LinkFixture link = link("app");
        List<String> seen = done(link, c -> {
            Transaction transaction = c.transaction(NEVER_YET);
            List<Future<?>> results = List.of(
                    transaction.set(RedisKey.of("a"), VALUE, 5_000),
                    transaction.setIfAbsent(RedisKey.of("a"), VALUE, 5_000),
                    transaction.get(RedisKey.of("a")),
                    transaction.refreshTtl(RedisKey.of("a"), 60_000),
                    transaction.delete(RedisKey.of("none")));
            return transaction
                    .execute()
                    .compose(done -> Future.join(results))
                    .map(all -> results.stream()
                            .map(one -> String.valueOf(one.result()))
                            .toList());
        });
        assertThat(seen).containsExactly("null", "false", "value", "true", "0");
        assertThat(ttl("app:a")).isBetween(50_000L, 60_000L);
    }

    @Test
    void aTransactionThatRedisDoesNotTakeLeavesNothingBehind() {
        try (RealRedis full = new RealRedis("--maxmemory", "1", "--maxmemory-policy", "noeviction");
                LinkFixture link =
                        new LinkFixture(vertx, LinkFixture.settings(full.port()).build())) {
            await().until(link::connected);
            List<Future<?>> results = new ArrayList<>();
            Future<?> executed = link.on(c -> {
                Transaction transaction = c.transaction(NEVER_YET);
                results.add(transaction.set(RedisKey.of("a"), VALUE, 5_000));
                results.add(transaction.delete(RedisKey.of("b")));
                return transaction.execute();
            });
            assertThat(failure(executed))
                    .isInstanceOf(RedisFailure.Refused.class)
                    .hasMessageContaining("EXECABORT");
            results.forEach(result -> assertThat(failure(result)).isInstanceOf(RedisFailure.Refused.class));
            assertThat(FakePeer.await(link.get("a"))).isEqualTo(LinkFixture.NONE);
        }
    }

    @Test
    void oneCommandOfATransactionThatFailsFailsAlone() {
        LinkFixture link = link("app");
        redis.command("LPUSH", "app:list", "x");
        List<Future<?>> results = new ArrayList<>();
        done(link, c -> {
            Transaction transaction = c.transaction(NEVER_YET);
            results.add(transaction.get(RedisKey.of("list")));
            results.add(transaction.set(RedisKey.of("a"), VALUE, 5_000));
            return transaction.execute();
        });
        assertThat(failure(results.get(0)))
                .isInstanceOfSatisfying(
                        RedisFailure.Refused.class,
                        why -> assertThat(why.code()).isEqualTo("WRONGTYPE"));
        assertThat(results.get(1).succeeded()).isTrue();
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("value");
    }

    @Test
    void transactionsOfOneLinkDoNotMix() {
        LinkFixture link = link("app");
        List<Future<String>> results = new ArrayList<>();
        done(link, c -> {
            List<Future<Void>> executed = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Transaction transaction = c.transaction(NEVER_YET);
                RedisKey key = RedisKey.of("t" + i);
                transaction.set(key, Buffer.buffer("v" + i), 5_000);
                results.add(transaction.get(key).map(String::valueOf));
                executed.add(transaction.execute());
                c.get(key, NEVER_YET);
            }
            return Future.join(executed);
        });
        for (int i = 0; i < 100; i++) {
            assertThat(results.get(i).result()).isEqualTo("v" + i);
        }
    }

    @Test
    void aTimeToLiveIsAtLeastAMillisecond() {
        RedisCommands commands = new RedisCommands("");
        assertThatIllegalArgumentException().isThrownBy(() -> commands.set(RedisKey.of("a"), VALUE, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> commands.setIfAbsent(RedisKey.of("a"), VALUE, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> commands.refreshTtl(RedisKey.of("a"), 0));
    }
}
