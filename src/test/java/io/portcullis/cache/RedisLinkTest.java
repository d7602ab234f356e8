package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static io.portcullis.cache.LinkFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The link against a peer that misbehaves on purpose. */
@Timeout(30)
class RedisLinkTest {

    private static final Duration SHORT = Duration.ofMillis(150);
    private static final FakePeer.Script HONEST = FakePeer.Asked::answerValueOfKey;

    private static Vertx vertx;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() {
        FakePeer.await(vertx.close());
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private FakePeer peer(FakePeer.Script script) {
        FakePeer peer = new FakePeer(vertx, script);
        open.add(peer);
        return peer;
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

    private static LinkFixture.Settings to(FakePeer peer) {
        return LinkFixture.settings(peer.port());
    }

    private static String reason(Future<?> future) {
        Throwable failure = failure(future);
        assertThat(failure).isInstanceOf(RedisFailure.class);
        return failure instanceof RedisFailure known ? known.reason() : "";
    }

    private static List<String> keys(int count) {
        return IntStream.range(0, count).mapToObj(i -> "k" + i).toList();
    }

    // --- pairing

    @Test
    void pipelinedAnswersReachWhoAskedInOneWrite() {
        LinkFixture link = upLink(to(peer(HONEST)));
        List<Future<String>> answers = link.getAll(keys(1000), Duration.ofSeconds(5));
        for (int i = 0; i < 1000; i++) {
            assertThat(FakePeer.await(answers.get(i))).isEqualTo("value-of-k" + i);
        }
        assertThat(link.outcomes).hasSize(1000).containsOnly(RedisMeters.Outcome.HIT);
    }

    @Test
    void resultsComeOnTheContextThatAsked() {
        LinkFixture link = upLink(to(peer(HONEST)));
        boolean same = FakePeer.await(link.on(cache -> {
            var asker = Vertx.currentContext();
            return cache.get(RedisKey.of("a"), Deadline.in(SHORT)).map(value -> Vertx.currentContext() == asker);
        }));
        assertThat(same).isTrue();
    }

    /** A peer that answers in order, one command each 20 ms. */
    private FakePeer slowPeer() {
        Queue<FakePeer.Asked> owed = new ConcurrentLinkedQueue<>();
        long timer = vertx.setPeriodic(20, id -> {
            FakePeer.Asked next = owed.poll();
            if (next != null) {
                next.answerValueOfKey();
            }
        });
        open.add(() -> vertx.cancelTimer(timer));
        return peer(owed::add);
    }

    /**
     * Ten callers that wait 110 ms for a slow peer; then one that has time. Played again where this machine stood still for so long that
     * the peer was taken for dead: then nothing is late on a living connection.
     */
    private static String askedAfterOthersGaveUp(LinkFixture link, FakePeer peer) {
        for (int round = 0; round < 20; round++) {
            await().until(link::connected);
            int before = peer.connections.get();
            List<Future<String>> impatient = link.getAll(keys(10), Duration.ofMillis(110));
            FakePeer.await(impatient.get(9).otherwise("gave up"));
            String patient = FakePeer.await(link.get("patient").otherwise("lost"));
            if (!patient.equals("lost") && impatient.get(9).failed() && peer.connections.get() == before) {
                return patient;
            }
        }
        throw new AssertionError("a slow peer that talks never kept its connection");
    }

    @Test
    void aLateAnswerIsDroppedAndTheNextCallerGetsItsOwn() {
        FakePeer peer = slowPeer();
        LinkFixture link = upLink(to(peer));
        assertThat(askedAfterOthersGaveUp(link, peer)).isEqualTo("value-of-patient");
    }

    // --- limits

    @Test
    void aSilentPeerCostsItsConnectionAndFailsAllWhoWait() {
        FakePeer peer = peer(asked -> {
            if (asked.connection() > 1) {
                asked.answerValueOfKey();
            }
        });
        LinkFixture link = upLink(to(peer));
        Future<String> patient = link.get("patient", Duration.ofSeconds(3));
        long start = System.nanoTime();
        Future<String> impatient = link.get("impatient", SHORT);
        assertThat(failure(impatient)).isInstanceOf(RedisFailure.TimedOut.class);
        assertThat(reason(patient)).isEqualTo("timeout");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
        await().until(link::connected);
        assertThat(FakePeer.await(link.get("b"))).isEqualTo("value-of-b");
        assertThat(peer.connections).hasValue(2);
    }

    @Test
    void theCommandTimeoutHoldsWhereTheDeadlineIsLonger() {
        LinkFixture link = upLink(to(peer(asked -> {})).times(Duration.ofSeconds(5), SHORT));
        long start = System.nanoTime();
        assertThat(failure(link.get("a"))).isInstanceOf(RedisFailure.TimedOut.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(SHORT, Duration.ofSeconds(2));
    }

    @Test
    void anExpiredDeadlineIsNotSent() {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        LinkFixture link = upLink(to(peer(asked -> {
            seen.add(asked.argument());
            asked.answerValueOfKey();
        })));
        assertThat(failure(link.get("late", Duration.ofMillis(-1)))).isInstanceOf(RedisFailure.TimedOut.class);
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("value-of-a");
        assertThat(seen).containsExactly("a");
    }

    @Test
    void moreThanMayWaitFailAtOnceAndAreCounted() {
        LinkFixture link = upLink(to(peer(asked -> {})).limits(0, 10));
        List<Future<String>> answers = link.getAll(keys(15), SHORT);
        for (int i = 10; i < 15; i++) {
            assertThat(answers.get(i).cause()).isInstanceOf(RedisFailure.Overloaded.class);
        }
        assertThat(failure(answers.get(0))).isInstanceOf(RedisFailure.TimedOut.class);
        assertThat(link.outcomes)
                .filteredOn(o -> o == RedisMeters.Outcome.OVERLOADED)
                .hasSize(5);
    }

    // --- connecting

    @Test
    void withoutRedisCommandsFailAtOnceAndItIsBackByItself() {
        FakePeer peer = peer(HONEST);
        LinkFixture link = upLink(to(peer));
        peer.stop();
        await().until(() -> !link.connected());
        await().until(() -> reason(link.get("a")).equals("not connected"));
        List<Future<String>> answers = link.getAll(keys(100), Duration.ofSeconds(5));
        assertThat(answers).allMatch(answer -> answer.failed());
        peer.startAgain();
        await().atMost(Duration.ofSeconds(3)).until(link::connected);
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("value-of-a");
        assertThat(link.states).containsExactly(true, false, true);
    }

    @Test
    void aPeerThatHangsUpAtOnceIsNotChased() {
        FakePeer peer = peer(HONEST).greetBy(asked -> asked.socket().close());
        LinkFixture link = link(to(peer));
        await().until(() -> peer.connections.get() >= 4);
        long start = System.nanoTime();
        int before = peer.connections.get();
        await().until(() -> System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(300));
        // Attempts 4 and later come 100 ms apart at least, and further apart each time.
        assertThat(peer.connections.get() - before).isLessThan(4);
        assertThat(reason(link.get("a"))).isEqualTo("not connected");
    }

    @Test
    void aPeerThatHangsUpAtTheFirstCommandIsNotChased() {
        FakePeer peer = peer(asked -> asked.socket().close());
        LinkFixture link = upLink(to(peer).limits(1_000_000, 10_000));
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(400);
        await().pollInterval(Duration.ofMillis(5)).until(() -> {
            assertThat(link.get("a").otherwise("lost")).satisfies(answer -> FakePeer.await(answer));
            return System.nanoTime() > end;
        });
        assertThat(peer.connections).hasValueLessThan(8);
    }

    @Test
    void aPeerThatAcceptsAndKeepsSilentIsGivenUpInTime() {
        FakePeer peer = peer(HONEST).greetBy(asked -> {});
        LinkFixture link = link(to(peer).times(SHORT, Duration.ofSeconds(3)));
        assertThat(reason(link.get("a"))).isIn("still connecting", "timeout", "not connected");
        await().until(() -> peer.connections.get() >= 2);
        assertThat(link.connected()).isFalse();
    }

    @Test
    void aPeerThatSpeaksPlainToTlsIsGivenUpInTime() {
        FakePeer peer = peer(HONEST);
        LinkFixture link = link(to(peer).tls(false).times(SHORT, Duration.ofSeconds(3)));
        assertThat(failure(link.get("a"))).isInstanceOf(RedisFailure.Unavailable.class);
        await().until(() -> peer.connections.get() >= 2);
        assertThat(link.connected()).isFalse();
    }

    // --- reads again

    @Test
    void aReadLostWithItsConnectionIsReadAgainOverTheNext() {
        FakePeer peer = peer(asked -> {
            if (asked.connection() == 1) {
                asked.socket().close();
            } else {
                asked.answerValueOfKey();
            }
        });
        LinkFixture link = upLink(to(peer));
        List<Future<String>> answers = link.getAll(keys(10), Duration.ofSeconds(5));
        for (int i = 0; i < 10; i++) {
            assertThat(FakePeer.await(answers.get(i))).isEqualTo("value-of-k" + i);
        }
    }

    @Test
    void aReadIsNotReadAgainWhereNoRetriesAreAllowed() {
        FakePeer peer = peer(asked -> asked.socket().close());
        LinkFixture link = upLink(to(peer).limits(0, 100));
        assertThat(reason(link.get("a"))).isEqualTo("closed by peer");
    }

    @Test
    void aWriteIsNeverSentAgain() {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        FakePeer peer = peer(asked -> {
            seen.add(asked.name());
            asked.socket().close();
        });
        LinkFixture link = upLink(to(peer));
        assertThat(reason(link.set("a", "b"))).isEqualTo("closed by peer");
        await().until(link::connected);
        assertThat(seen).containsExactly("SET");
    }

    @Test
    void lostReadsFailWhenTheFirstReconnectDoes() {
        FakePeer[] peer = new FakePeer[1];
        peer[0] = peer(asked -> {});
        LinkFixture link = upLink(to(peer[0]));
        Future<String> answer = link.get("a");
        await().until(() -> peer[0].connections.get() == 1);
        peer[0].stop();
        assertThat(reason(answer)).isIn("connection refused", "connect failed", "closed by peer");
    }

    // --- errors of Redis

    @ParameterizedTest
    @ValueSource(strings = {"LOADING", "OOM", "WRONGTYPE", "READONLY", "MISCONF", "BUSY"})
    void anErrorReplyFailsItsCommandOnly(String code) {
        FakePeer peer = peer(asked -> {
            if (asked.argument().equals("bad")) {
                asked.answer("-" + code + " with words about pk_live_secret\r\n");
            } else {
                asked.answerValueOfKey();
            }
        });
        LinkFixture link = upLink(to(peer));
        List<Future<String>> answers = link.getAll(List.of("a", "bad", "b"), Duration.ofSeconds(5));
        assertThat(FakePeer.await(answers.get(0))).isEqualTo("value-of-a");
        assertThat(failure(answers.get(1)))
                .isInstanceOf(RedisFailure.Refused.class)
                .hasMessageNotContaining("secret")
                .hasMessageContaining(code);
        assertThat(FakePeer.await(answers.get(2))).isEqualTo("value-of-b");
        assertThat(link.states).containsExactly(true);
    }

    @Test
    void aReadOnlyServerIsLookedUpAnew() {
        FakePeer peer = peer(asked -> asked.answer(asked.connection() == 1 ? "-READONLY replica\r\n" : "+OK\r\n"));
        LinkFixture link = upLink(to(peer));
        assertThat(reason(link.set("a", "b"))).isEqualTo("READONLY");
        await().until(() -> peer.connections.get() == 2 && peer.open.size() == 1);
        FakePeer.await(link.set("a", "b"));
        assertThat(link.states).as("reads went on meanwhile").containsExactly(true);
    }

    @Test
    void aServerThatForgotUsIsIntroducedToAnew() {
        FakePeer peer = peer(asked -> {
            if (asked.connection() == 1) {
                asked.answer("-NOAUTH Authentication required.\r\n");
            } else {
                asked.answerValueOfKey();
            }
        });
        LinkFixture link = upLink(to(peer));
        assertThat(reason(link.get("a"))).isEqualTo("NOAUTH");
        await().until(() -> peer.connections.get() == 2 && link.connected());
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("value-of-a");
    }

    // --- lifetimes

    @Test
    void anOldConnectionIsReplacedWithoutFailingACommand() {
        FakePeer peer = peer(HONEST);
        LinkFixture link = upLink(to(peer).life(5, Duration.ofMinutes(5), Duration.ofMillis(100)));
        await().pollInterval(Duration.ofMillis(1)).until(() -> {
            for (Future<String> answer : link.getAll(keys(20), Duration.ofSeconds(5))) {
                FakePeer.await(answer);
            }
            return peer.connections.get() >= 3;
        });
        await().until(() -> peer.open.size() <= 2);
        assertThat(link.states).containsExactly(true);
        assertThat(link.outcomes).containsOnly(RedisMeters.Outcome.HIT);
    }

    @Test
    void aLinkBeyondMinIdleConnectsAtFirstUseAndRestsAgain() {
        FakePeer peer = peer(HONEST);
        LinkFixture link = link(to(peer).life(0, Duration.ofMillis(100), Duration.ofMinutes(30)));
        assertThat(peer.connections).hasValue(0);
        assertThat(FakePeer.await(link.get("a"))).isEqualTo("value-of-a");
        await().until(() -> !link.connected() && peer.open.isEmpty());
        assertThat(FakePeer.await(link.get("b"))).isEqualTo("value-of-b");
        assertThat(link.states).startsWith(true, false, true);
    }

    @Test
    void whatWaitsForAFirstConnectionThatFailsFailsAtOnce() {
        FakePeer peer = peer(HONEST);
        peer.stop();
        LinkFixture link = link(to(peer).life(0, Duration.ofMinutes(5), Duration.ofMinutes(30)));
        assertThat(reason(link.get("a"))).isIn("connection refused", "connect failed");
    }

    @Test
    void noMoreLinksThanThePoolHas() {
        LinkFixture link = upLink(to(peer(HONEST)));
        List<RedisLink> more = new ArrayList<>();
        for (int i = 1; i < 10; i++) {
            more.add(FakePeer.await(link.run(() -> Future.succeededFuture(link.links.open(vertx)))));
        }
        assertThat(failure(link.run(() -> Future.succeededFuture(link.links.open(vertx)))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("redis.pool-size is 10");
        await().until(() -> link.links.idle() + link.links.active() == 5);
        more.forEach(each -> FakePeer.await(each.close()));
        RedisLink again = FakePeer.await(link.run(() -> Future.succeededFuture(link.links.open(vertx))));
        FakePeer.await(again.close());
    }

    @Test
    void aLinkIsUsedOnItsOwnEventLoopOnly() {
        LinkFixture link = upLink(to(peer(HONEST)));
        RedisCache cache = new RedisCache(link.link, "", Duration.ofHours(1), RedisMeters.none());
        assertThatThrownBy(() -> cache.get(RedisKey.of("a"), Deadline.in(SHORT)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void closingFailsWhatWaits() {
        LinkFixture link = upLink(to(peer(asked -> {})));
        Future<String> answer = link.get("a");
        FakePeer.await(link.link.close());
        assertThat(reason(answer)).isEqualTo("link closed");
        assertThat(reason(link.get("b"))).isEqualTo("link closed");
    }
}
