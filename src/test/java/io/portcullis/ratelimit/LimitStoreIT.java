package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisSettings;
import io.portcullis.cache.RedisTopology;
import io.portcullis.cache.ServerAddress;
import io.portcullis.ratelimit.Charge.Back;
import io.portcullis.ratelimit.Charge.Granted;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The script on a real Redis, by its own clock. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before all tests
class LimitStoreIT {

    private static final Deadline LATER = Deadline.in(Duration.ofMinutes(5));

    private static RealRedis redis;
    private static Vertx vertx;
    private static Context context;
    private static RedisCache cache;

    private final String name = "p|" + UUID.randomUUID();
    private int ids;

    @BeforeAll
    static void start() throws Exception {
        redis = new RealRedis();
        vertx = Vertx.vertx();
        context = vertx.getOrCreateContext();
        RedisLinks links = new RedisLinks(
                new RedisSettings(
                        new RedisTopology.Standalone(new ServerAddress("127.0.0.1", redis.port())),
                        null,
                        null,
                        0,
                        null,
                        "store",
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(2),
                        1,
                        1000,
                        1,
                        1,
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(5)),
                RedisMeters.none());
        cache = await(() -> Future.succeededFuture(
                new RedisCache(links.open(vertx), "store", Duration.ofMinutes(1), RedisMeters.none())));
        connect();
    }

    private static void connect() {
        Awaitility.await().ignoreExceptions().until(() -> {
            await(() -> cache.exists(RedisKey.of("x"), LATER));
            return true;
        });
    }

    @AfterAll
    static void stop() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
        redis.close();
    }

    /** It may be used until its end, so it counts from there. */
    @Test
    void aLeaseCountsForAWindowBehindItsEnd() throws Exception {
        Rule rule = window(10, 600);
        assertThat(charge(rule, 6, 300).granted()).isEqualTo(6);

        TimeUnit.MILLISECONDS.sleep(700);
        assertThat(charge(rule, 0, 0).left())
                .as("its window is over, that behind its end is not")
                .isEqualTo(4);
        TimeUnit.MILLISECONDS.sleep(300);
        assertThat(charge(rule, 0, 0).left()).isEqualTo(10);
    }

    @Test
    void aSpentLeaseCountsFromWhenItIsGivenBack() throws Exception {
        Rule rule = window(10, 600);
        charge(rule, 6, 60_000);
        assertThat(charge(rule, 0, 0, new Back(6, "n:1", 0)).left()).isEqualTo(4);

        TimeUnit.MILLISECONDS.sleep(700);
        assertThat(charge(rule, 0, 0).left()).isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsNotUsedIsThereAgainAndOnceOnly(boolean isWindow) throws Exception {
        Rule rule = isWindow ? window(10, 60_000) : new Rule.TokenBucket(1.0 / 3600, 10);
        charge(rule, 6, 30_000);
        Back back = new Back(6, "n:1", 5);

        assertThat(charge(rule, 0, 0, back).left()).isEqualTo(9);
        assertThat(charge(rule, 0, 0, back).left()).isEqualTo(9);
        assertThat(charge(rule, 0, 0, new Back(6, "n:77", 6)).left()).isEqualTo(9);
    }

    /** Else what has come back meanwhile could be used together with what is leased. */
    @Test
    void leasedTokensLeaveNoRoomInTheBucket() throws Exception {
        Rule rule = new Rule.TokenBucket(20, 5);
        assertThat(charge(rule, 5, 400).granted()).isEqualTo(5);
        Rule slow = new Rule.TokenBucket(5, 5);
        run(new Charge(name + "late", slow, 5, 600_000_000, "n:late", false, 0, List.of()));

        TimeUnit.MILLISECONDS.sleep(350);
        assertThat(charge(rule, 0, 0).left()).isZero();
        TimeUnit.MILLISECONDS.sleep(300);
        assertThat(run(new Charge(name + "late", slow, 0, 0, "n:look", false, 0, List.of()))
                        .left())
                .as("nobody has looked before its end: three had come back until then")
                .isLessThan(3);
        TimeUnit.MILLISECONDS.sleep(400);
        assertThat(charge(rule, 0, 0).left()).isEqualTo(5);
    }

    @Test
    void ofSeveralAllAreChargedOrNone() throws Exception {
        for (boolean cluster : List.of(false, true)) {
            LimitStore store = new LimitStore(cache, cluster, 0);
            String wide = "wide|" + UUID.randomUUID();
            String bucket = "bucket|" + UUID.randomUUID();
            String narrow = "narrow|" + UUID.randomUUID();
            Rule tokens = new Rule.TokenBucket(1.0 / 3600, 9);
            for (int i = 0; i < 5; i++) {
                int round = i;
                List<Granted> granted = await(() -> store.charge(
                                new Charge.Several(List.of(
                                        one(wide, window(8, 60_000), true),
                                        one(bucket, tokens, true),
                                        one(narrow, window(2, 60_000), true))),
                                LATER))
                        .granted();
                assertThat(granted.stream().map(Granted::granted))
                        .as("cluster %s, round %d", cluster, round)
                        .containsOnly(round < 2 ? 1L : 0L);
            }
            Charge.Several look = new Charge.Several(
                    List.of(look(wide, window(8, 60_000)), look(bucket, tokens), look(narrow, window(2, 60_000))));
            // In a cluster what was charged beside a refusal is given back behind the answer.
            Awaitility.await()
                    .untilAsserted(() -> assertThat(await(() -> store.charge(look, LATER)).granted().stream()
                                    .map(Granted::left))
                            .containsExactly(6L, 7L, 0L));
        }
    }

    /** Requests that are asked for in one batch are charged one after the other. */
    @Test
    void ofABatchEachRequestSeesWhatTheFormerHaveTaken() throws Exception {
        LimitStore store = new LimitStore(cache, false, 0);
        List<Charge.Several> batch = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            batch.add(new Charge.Several(
                    List.of(one(name, window(4, 60_000), true), one(name + i, window(1, 60_000), true))));
        }

        List<Charge.Answer> answers = await(() -> store.charge(batch, LATER));

        assertThat(answers.stream().mapToLong(answer -> answer.granted().get(0).granted()))
                .containsExactly(1L, 1L, 1L, 1L, 0L, 0L, 0L, 0L, 0L, 0L);
        assertThat(answers.stream().mapToLong(answer -> answer.granted().get(1).granted()))
                .containsExactly(1L, 1L, 1L, 1L, 0L, 0L, 0L, 0L, 0L, 0L);
    }

    @Test
    void oneThatRefusesNobodyKeepsNobodyBack() throws Exception {
        LimitStore store = new LimitStore(cache, false, 0);
        String shadow = "shadow|" + UUID.randomUUID();
        for (int i = 0; i < 3; i++) {
            List<Granted> granted = await(() -> store.charge(
                            new Charge.Several(
                                    List.of(one(name, window(5, 60_000), true), one(shadow, window(1, 60_000), false))),
                            LATER))
                    .granted();
            assertThat(granted.get(0).granted()).isEqualTo(1);
            assertThat(granted.get(1).granted()).isEqualTo(i == 0 ? 1 : 0);
        }
    }

    @Test
    void whatWasAdmittedElsewhereCounts() throws Exception {
        Rule rule = window(10, 60_000);
        Charge carrying = new Charge(name, rule, 3, 0, "n:c", false, 9, List.of());
        assertThat(run(carrying).granted()).isEqualTo(1);
        assertThat(charge(rule, 1, 0).granted()).isZero();
        Rule bucket = new Rule.TokenBucket(1, 10);
        Charge debt = new Charge(name + "b", bucket, 1, 0, "n:d", false, 14, List.of());
        Granted owing = run(debt);
        assertThat(owing.granted()).isZero();
        assertThat(owing.waitMicros()).as("four owed, and one").isBetween(4_900_000L, 5_000_000L);
    }

    @Test
    void aRedisThatIsNewGrantsNothingAndHearsEverything() throws Exception {
        LimitStore store = new LimitStore(cache, false, 500_000);
        await(() -> cache.delete(List.of(RedisKey.of("limits:generation")), LATER));
        Rule rule = window(10, 60_000);

        Charge.Answer first = await(() -> store.charge(
                new Charge.Several(List.of(new Charge(name, rule, 5, 0, "n:1", true, 4, List.of()))), LATER));
        assertThat(first.warming()).isTrue();
        assertThat(first.granted().get(0).granted()).isZero();
        TimeUnit.MILLISECONDS.sleep(550);
        Charge.Answer later = await(() -> store.charge(new Charge.Several(List.of(one(name, rule, true))), LATER));
        assertThat(later.warming()).isFalse();
        assertThat(later.generation()).isEqualTo(first.generation());
        assertThat(later.granted().get(0)).satisfies(granted -> {
            assertThat(granted.granted()).isEqualTo(1);
            assertThat(granted.left()).isEqualTo(5);
        });
    }

    @Test
    void leasesAreShownAndEverythingIsReset() throws Exception {
        LimitStore store = new LimitStore(cache, false, 0);
        Rule rule = window(10, 60_000);
        run(new Charge(name, rule, 4, 20_000_000_000L, "beef:1", false, 0, List.of()));
        List<LimitStore.Lease> leases = await(() -> store.leases(name, LATER));
        assertThat(leases).singleElement().satisfies(lease -> {
            assertThat(lease.node()).isEqualTo("beef");
            assertThat(lease.tokens()).isEqualTo(4);
            assertThat(lease.endsInMillis()).isBetween(19_000L, 20_000L);
        });
        assertThat(await(() -> store.reset(name, LATER))).isTrue();
        assertThat(charge(rule, 0, 0).left()).isEqualTo(10);
    }

    @Test
    void whatNobodyAsksForGoes() throws Exception {
        charge(window(10, 200), 1, 0);
        assertThat(redis.raw().keys("store:limit:{" + name)).hasSize(2);
        Awaitility.await().until(() -> redis.raw().keys("store:limit:{" + name).isEmpty());
    }

    /** Also where all entries have gone meanwhile, or were given back, and Redis made the set anew. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whateverIsKeptEnds(boolean isWindow) throws Exception {
        Rule rule = isWindow ? window(10, 300) : new Rule.TokenBucket(30, 10);
        for (int i = 0; i < 4; i++) {
            charge(rule, 2, 100);
            for (String key : keys()) {
                assertThat(millisLeft(key)).as(key).isPositive();
            }
            if (i % 2 == 0) {
                charge(rule, 0, 0, new Back(2, "n:" + ids, 2));
                assertThat(redis.command("EXISTS", keys().get(0))).isEqualTo(":0");
            } else {
                TimeUnit.MILLISECONDS.sleep(500);
            }
        }
    }

    /** Also where the state alone was written: entries that are not there to be counted would be granted again. */
    @Test
    void bothKeysOfAWindowEndTogether() throws Exception {
        Rule rule = window(10, 1_000);
        charge(rule, 2, 0);
        charge(rule, 3, 0);
        TimeUnit.MILLISECONDS.sleep(700);
        charge(rule, 0, 0, new Back(2, "n:1", 2));

        assertThat(millisLeft(keys().get(0))).isCloseTo(millisLeft(keys().get(1)), within(200L));
    }

    private static long millisLeft(String key) {
        return Long.parseLong(redis.command("PTTL", key).substring(1));
    }

    /** Its memory was full, say, and it has dropped either of the two keys: that ends with the window, and grants nothing but by the other. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aKeyThatRedisHasDroppedIsMissedForAWindowAtMost(int dropped) throws Exception {
        Rule rule = window(10, 500);
        charge(rule, 3, 0);
        charge(rule, 4, 0);
        redis.command("DEL", keys().get(dropped));

        assertThat(charge(rule, 1, 0).left()).isEqualTo(2);
        TimeUnit.MILLISECONDS.sleep(600);
        assertThat(charge(rule, 0, 0).left()).isEqualTo(10);
    }

    @Test
    void leasesThatRedisHasDroppedAreOutUntilTheirEndAtMost() throws Exception {
        Rule rule = new Rule.TokenBucket(100, 10);
        assertThat(charge(rule, 10, 200).granted()).isEqualTo(10);
        redis.command("DEL", keys().get(0));

        TimeUnit.MILLISECONDS.sleep(500);
        assertThat(charge(rule, 0, 0).left()).isEqualTo(10);
    }

    @Test
    void howeverManyHaveGoneAtOnceAllAreGone() throws Exception {
        Rule rule = window(5_000, 900);
        LimitStore store = new LimitStore(cache, false, 0);
        List<Charge.Several> many = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            many.add(Charge.Several.of(one(name, rule, true)));
        }
        await(() -> store.charge(many, LATER));
        assertThat(charge(rule, 0, 0).left()).isEqualTo(2_500);
        TimeUnit.MILLISECONDS.sleep(1_000);
        assertThat(charge(rule, 1, 0).left()).isEqualTo(4_999);
        assertThat(redis.command("ZCARD", keys().get(0))).isEqualTo(":1");
    }

    private List<String> keys() {
        return List.of("store:limit:{" + name + "}", "store:limit:{" + name + "}:state");
    }

    private Granted charge(Rule rule, long wanted, long leaseMillis, Back... back) throws Exception {
        return run(new Charge(name, rule, wanted, leaseMillis * 1_000_000, "n:" + ++ids, false, 0, List.of(back)));
    }

    private static Granted run(Charge charge) throws Exception {
        LimitStore store = new LimitStore(cache, false, 0);
        return await(() -> store.charge(Charge.Several.of(charge), LATER))
                .granted()
                .get(0);
    }

    private static Charge one(String name, Rule rule, boolean counts) {
        return new Charge(name, rule, 1, 0, "n:" + UUID.randomUUID(), counts, 0, List.of());
    }

    private static Charge look(String name, Rule rule) {
        return new Charge(name, rule, 0, 0, "look", false, 0, List.of());
    }

    private static Rule window(long limit, long millis) {
        return new Rule.SlidingWindow(limit, Duration.ofMillis(millis));
    }

    private static <T extends @Nullable Object> T await(Callable<Future<T>> work) throws Exception {
        Promise<T> promise = Promise.promise();
        context.runOnContext(go -> {
            try {
                work.call().onComplete(promise);
            } catch (Exception e) {
                promise.fail(e);
            }
        });
        return promise.future().await(10, TimeUnit.SECONDS);
    }
}
