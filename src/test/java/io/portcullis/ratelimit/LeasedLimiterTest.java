package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.ratelimit.Limiter.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One limiter beside a Redis that the test plays, at moments that the test says. */
class LeasedLimiterTest {

    private static final long SECOND = 1_000_000_000;

    private final Standing standing = new Standing();
    private final Deque<Charge> asked = new ArrayDeque<>();
    private final Deque<Questions.Urgency> urgencies = new ArrayDeque<>();
    private final Deque<Promise<Charge.Answer>> answers = new ArrayDeque<>();
    private final List<LeasedLimiter> holding = new ArrayList<>();
    private int hurried;
    private long now = Long.MAX_VALUE - 5 * SECOND;
    private final LeasedLimiter limiter = limiter("p by=client limit=100 window=1m");

    private LeasedLimiter limiter(String line) {
        return limiter(line, (several, urgency) -> {
            asked.add(several.charges().get(0));
            urgencies.add(urgency);
            answers.add(Promise.promise());
            return answers.getLast().future();
        });
    }

    private LeasedLimiter limiter(
            String line, BiFunction<Charge.Several, Questions.Urgency, Future<Charge.Answer>> redis) {
        standing.heard(7, false, 4, now);
        LimitPolicy policy = LimitPolicy.parse(line);
        return new LeasedLimiter(
                policy,
                "x",
                new LimitMeters(new SimpleMeterRegistry(), () -> 0, standing).of("p"),
                Terms.of("p", policy.rule()),
                standing,
                new LeasedLimiter.Leasing(
                        new LeasedLimiter.Asking() {
                            @Override
                            public Future<Charge.Answer> ask(Charge.Several several, Questions.Urgency urgency) {
                                return redis.apply(several, urgency);
                            }

                            @Override
                            public void hurry() {
                                hurried++;
                            }
                        },
                        new Ids("n"),
                        SECOND,
                        holding::add));
    }

    @Test
    void aLeaseIsSpentAndEndsWithItsTime() {
        lease(5);
        assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);

        now += SECOND - 1;
        assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);
        now += 1;
        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);
    }

    /** Also of the lease that is used still: the next one is asked for before it is over, and for two fewer, that are left of it. */
    @Test
    void howMuchWasUsedSaysHowMuchIsAskedFor() {
        lease(8);
        for (int i = 0; i < 6; i++) {
            limiter.take(now);
        }
        now += SECOND / 2;
        limiter.ask(now);
        assertThat(asked.getLast().wanted()).isEqualTo(10);
    }

    /** Of eight two are left: they last a third of the time in which six were used. */
    @ParameterizedTest
    @CsvSource({"299, SOON", "300, LATER"})
    void aQuestionWaitsForOthersWhereWhatIsLeftLasts(int millis, Questions.Urgency urgency) {
        lease(8);
        assertThat(urgencies).containsExactly(Questions.Urgency.NOW);
        for (int i = 0; i < 6; i++) {
            limiter.take(now);
        }
        now += TimeUnit.MILLISECONDS.toNanos(millis);
        limiter.prefetch(now);
        assertThat(urgencies.getLast()).isEqualTo(urgency);
    }

    /** It counts as from its end as it is. */
    @Test
    void ofWhatIsUsedUpNothingIsSaidAtItsEnd() {
        lease(1);
        limiter.take(now);
        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);

        now += SECOND;
        assertThat(limiter.reclaim(now)).isNull();
        assertThat(limiter.holds()).isFalse();
    }

    @Test
    void thatItWasUsedUpBeforeItsEndSaysTheNextQuestion() {
        lease(1);
        limiter.take(now);
        now += SECOND / 2;
        lease(2);
        assertThat(asked.getLast().back()).containsExactly(new Charge.Back(1, "n:1", 0));
        limiter.take(now);
        limiter.take(now);
        limiter.ask(now);
        assertThat(asked.getLast().back()).containsExactly(new Charge.Back(2, "n:2", 0));
        grant(5, 50);

        now += SECOND / 4;
        for (int i = 0; i < 5; i++) {
            limiter.take(now);
        }
        lease(3);
        limiter.take(now);
        now += SECOND;
        assertThat(Objects.requireNonNull(limiter.reclaim(now)).back()).containsExactly(new Charge.Back(3, "n:4", 2));
    }

    @Test
    void whereTheNextLeaseIsThereNobodyAsksForAnother() {
        lease(4);
        for (int i = 0; i < 2; i++) {
            assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);
        }
        assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED_LOW);
        lease(8);
        assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);
        for (int i = 0; i < 5; i++) {
            assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);
        }
        assertThat(limiter.take(now)).as("the next one runs low").isEqualTo(Outcome.ADMITTED_LOW);
    }

    /** A request that a lease admits does not say when it was: until the lease ends it may have been now. */
    @Test
    void whoHasALeaseIsNotIdle() {
        long end = now + SECOND;
        lease(5);
        now += SECOND / 2;
        limiter.take(now);
        assertThat(limiter.usedAt()).isEqualTo(end);

        now += SECOND;
        limiter.reclaim(now);
        assertThat(limiter.usedAt()).isEqualTo(end);
    }

    /** However long the answer takes: in Redis it begins when it is heard. */
    @Test
    void aLeaseEndsItsTimeAfterItWasAskedFor() {
        limiter.ask(now);
        now += SECOND + 1;
        grant(5, 95);

        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);
    }

    @Test
    void whatIsLeftGoesBackWithTheNextQuestionOrByItself() {
        lease(5);
        limiter.take(now);
        now += 2 * SECOND;
        Charge reclaimed = Objects.requireNonNull(limiter.reclaim(now));
        assertThat(reclaimed.back()).containsExactly(new Charge.Back(5, "n:1", 4));
        assertThat(limiter.reclaim(now)).isNull();
        assertThat(limiter.holds()).isFalse();

        lease(3);
        now += 2 * SECOND;
        limiter.ask(now);
        assertThat(asked.getLast().back()).hasSize(1);
        assertThat(asked.getLast().back().get(0).unused()).isEqualTo(3);
    }

    /** Nobody knows whether it was heard: what was given back is given back again, by the same id. */
    @Test
    void whatAFailedQuestionGaveBackIsGivenBackAgain() {
        lease(5);
        now += 2 * SECOND;
        limiter.ask(now);
        List<Charge.Back> given = asked.getLast().back();
        answers.getLast().fail("away");

        limiter.ask(now);
        assertThat(asked.getLast().back()).isEqualTo(given).isNotEmpty();
    }

    @Test
    void oneQuestionIsUnderWayAtATime() {
        limiter.ask(now);
        limiter.ask(now);
        limiter.ask(now);
        assertThat(asked).hasSize(1);
        grant(1, 99);
        assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED_LOW);
        limiter.ask(now);
        assertThat(asked.getLast().wanted()).as("for all who wait").isGreaterThanOrEqualTo(3);
    }

    @Test
    void theNextLeaseIsAskedForBeforeTheLastIsSpent() {
        lease(8);
        for (int i = 0; i < 5; i++) {
            assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);
        }
        assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED_LOW);
        limiter.prefetch(now);
        assertThat(limiter.take(now)).as("it has asked").isEqualTo(Outcome.ADMITTED);
        assertThat(hurried).isZero();
        limiter.ask(now);
        assertThat(hurried).as("now somebody waits").isEqualTo(1);
        grant(10, 50);
        for (int i = 0; i < 8; i++) {
            assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);
        }
    }

    @Test
    void whoIsRefusedAsksAgainWhenHeMayAndAfterASecondAtTheLatest() {
        limiter.ask(now);
        refuse(300_000);
        assertThat(limiter.take(now)).isEqualTo(Outcome.REFUSED);
        assertThat(limiter.retry(now)).isEqualTo(300_000_000);
        now += 299_999_999;
        assertThat(limiter.take(now)).isEqualTo(Outcome.REFUSED);
        now += 1;
        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);

        limiter.ask(now);
        refuse(30_000_000);
        now += SECOND - 1;
        assertThat(limiter.take(now)).isEqualTo(Outcome.REFUSED);
        now += 1;
        assertThat(limiter.take(now)).as("somebody may have reset it").isEqualTo(Outcome.UNKNOWN);
        assertThat(limiter.retry(now)).isEqualTo(29 * SECOND);
    }

    @Test
    void withoutRedisTheShareHoldsAndIsToldLater() {
        standing.gone();
        int admitted = 0;
        for (int i = 0; i < 50; i++) {
            admitted += limiter.take(now) == Outcome.ADMITTED ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(25);

        standing.heard(7, false, 4, now);
        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);
        limiter.ask(now);
        assertThat(asked.getLast().carried()).isEqualTo(25);
        grant(1, 70);
        limiter.take(now);
        limiter.ask(now);
        assertThat(asked.getLast().carried()).as("told once").isZero();
    }

    /** The share has not begun then: nothing is missing of it. */
    @Test
    void withoutRedisALeaseThatIsLeftSaysHowItStands() {
        lease(5);
        limiter.take(now);
        standing.gone();
        limiter.take(now);

        assertThat(limiter.shownLeft(now)).isEqualTo(limiter.left(now)).isEqualTo(3 + 50);
        assertThat(limiter.shownFull(now)).isEqualTo(limiter.full(now)).isEqualTo(SECOND);
    }

    @Test
    void whatWasToldToNobodyIsToldAgain() {
        standing.gone();
        limiter.take(now);
        standing.heard(7, false, 4, now);
        limiter.ask(now);
        answers.getLast().fail("away");
        limiter.ask(now);
        assertThat(asked.getLast().carried()).isEqualTo(1);
    }

    @Test
    void anotherRedisIsToldWhatTheFormerKnew() {
        lease(20);
        for (int i = 0; i < 12; i++) {
            limiter.take(now);
        }
        standing.heard(8, true, 4, now);

        Charge told = Objects.requireNonNull(limiter.carry(now));
        assertThat(told.carried()).isEqualTo(12);
        assertThat(told.wanted()).isZero();
        standing.heard(8, false, 4, now);
        assertThat(limiter.take(now)).as("what the former has granted is void").isEqualTo(Outcome.UNKNOWN);
        assertThat(limiter.carry(now)).isNull();
    }

    @Test
    void whatIsLongOverIsNotTold() {
        lease(20);
        limiter.take(now);
        now += 121 * SECOND;
        standing.heard(8, true, 4, now);
        assertThat(limiter.carry(now)).isNull();
    }

    @Test
    void aClosedLimitAdmitsNobodyWithoutRedis() {
        LeasedLimiter closed = limiter("p by=client limit=100 window=1m away=closed");
        standing.gone();
        assertThat(closed.take(now)).isEqualTo(Outcome.CLOSED);
    }

    @Test
    void anotherRuleEndsWhatIsLeasedUnderTheFormer() {
        lease(20);
        limiter.take(now);
        limiter.adopt(Terms.of("p", new Rule.SlidingWindow(5, Duration.ofMinutes(1))));
        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);
        limiter.ask(now);
        assertThat(asked.getLast().rule().quota()).isEqualTo(5);
        assertThat(asked.getLast().back()).containsExactly(new Charge.Back(20, "n:1", 19));
    }

    @Test
    void whatIsGivenBackMayBeTakenAgain() {
        lease(2);
        now++;
        limiter.take(now);
        limiter.take(now);
        limiter.giveBack(now);
        assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED_LOW);
        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);
    }

    /** It may be used until the end of that lease, and no longer. */
    @Test
    void whatWasTakenOfAnEarlierLeaseIsNotGivenBackToALaterOne() {
        lease(2);
        now++;
        limiter.take(now);
        long takenAt = now;
        now += 2 * SECOND;
        lease(1);
        now++;
        limiter.take(now);
        limiter.giveBack(takenAt);
        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);
    }

    /** Also the first one of a lease, which is taken at the moment that the lease becomes the one that there is. */
    @Test
    void whatIsGivenBackOfALeaseThatHasJustBegunMayBeTakenAgain() {
        lease(2);
        limiter.take(now);
        now += SECOND / 2;
        limiter.prefetch(now);
        grant(1, 50);
        now += SECOND / 2;

        assertThat(limiter.take(now)).isIn(Outcome.ADMITTED, Outcome.ADMITTED_LOW);
        limiter.giveBack(now);
        now++;
        assertThat(limiter.take(now)).isIn(Outcome.ADMITTED, Outcome.ADMITTED_LOW);
        now++;
        assertThat(limiter.take(now)).isEqualTo(Outcome.UNKNOWN);
    }

    @Test
    void aSecondNextLeaseDoesNotLoseTheFirst() {
        lease(5);
        lease(4);
        lease(3);
        now += 2 * SECOND;

        Charge reclaimed = Objects.requireNonNull(limiter.reclaim(now));
        // The second one went back with the third's answer at hand, the other two with their end.
        assertThat(reclaimed.back())
                .containsExactlyInAnyOrder(
                        new Charge.Back(5, "n:1", 5), new Charge.Back(4, "n:2", 4), new Charge.Back(3, "n:3", 3));
    }

    /** Each that was granted is taken by one, or given back; and what was taken is what another Redis is told. */
    @Test
    void ofWhatManyTakeWithoutALockNothingIsTakenTwiceAndNothingIsLost() throws Exception {
        AtomicLong granted = new AtomicLong();
        LeasedLimiter shared = limiter("p by=client limit=1000000 window=1h", (several, urgency) -> {
            Charge charge = several.charges().get(0);
            granted.addAndGet(charge.wanted() + 1 - unused(charge));
            return Future.succeededFuture(
                    new Charge.Answer(7, false, List.of(new Charge.Granted(charge.wanted() + 1, 1_000, 0, 1_000_000))));
        });
        AtomicLong admitted = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<java.util.concurrent.Future<Object>> takers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                takers.add(threads.submit(() -> {
                    for (int n = 0; n < 300_000; n++) {
                        long moment = System.nanoTime();
                        switch (shared.take(moment)) {
                            case ADMITTED -> admitted.incrementAndGet();
                            case ADMITTED_LOW -> {
                                admitted.incrementAndGet();
                                shared.prefetch(moment);
                            }
                            default -> shared.ask(moment);
                        }
                    }
                    return shared;
                }));
            }
            threads.execute(() -> {
                while (!over.get()) {
                    granted.addAndGet(-unused(shared.surrender()));
                }
            });
            for (java.util.concurrent.Future<Object> taker : takers) {
                taker.get(60, TimeUnit.SECONDS);
            }
        } finally {
            over.set(true);
            threads.shutdown();
        }
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        granted.addAndGet(-unused(shared.surrender()));

        assertThat(admitted.get()).isEqualTo(granted.get()).isPositive();
        standing.heard(8, true, 4, System.nanoTime());
        assertThat(Objects.requireNonNull(shared.carry(System.nanoTime())).carried())
                .isEqualTo(admitted.get());
    }

    private static long unused(@Nullable Charge charge) {
        return charge == null
                ? 0
                : charge.back().stream().mapToLong(Charge.Back::unused).sum();
    }

    @Test
    void whatWasGivenBackToNobodyIsGivenBackAgain() {
        now = System.nanoTime() - 5 * SECOND;
        lease(5);
        Holding all = new Holding();
        all.add(limiter);
        Holding.Returned returned = all.ended(2).get(0);
        assertThat(all.ended(2)).isEmpty();

        all.notGivenBack(returned);

        Awaitility.await().until(() -> limiter.holds() && !all.ended(2).isEmpty());
        assertThat(limiter.holds()).isFalse();
    }

    /** A Redis that is away again and again makes no new shares. */
    @Test
    void aShareThatWasUsedIsUsedForItsWindow() {
        now = SECOND;
        standing.gone();
        for (int i = 0; i < 25; i++) {
            assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);
        }
        standing.heard(7, false, 4, now);
        limiter.take(now);
        standing.gone();
        assertThat(limiter.take(now)).isEqualTo(Outcome.REFUSED);

        standing.heard(7, false, 4, now);
        now += 2 * 60 * SECOND;
        limiter.take(now);
        standing.gone();
        assertThat(limiter.take(now)).isEqualTo(Outcome.ADMITTED);
    }

    /** Else who is leased to often would be looked at ever more often, and others not. */
    @Test
    void ofThoseThatHoldLeasesEachIsLookedAtOnce() {
        now = System.nanoTime() - 5 * SECOND;
        lease(5);
        LeasedLimiter other = limiter("p by=client limit=100 window=1m");
        other.ask(now);
        grant(3, 50);
        Holding all = new Holding();
        all.add(other);
        for (int i = 0; i < 5; i++) {
            all.add(limiter);
        }

        assertThat(all.ended(2)).hasSize(2);
        assertThat(all.ended(2)).isEmpty();
    }

    private void lease(long size) {
        limiter.ask(now);
        grant(size, 50);
    }

    private void grant(long size, long left) {
        answers.getLast().complete(new Charge.Answer(7, false, List.of(new Charge.Granted(size, left, 0, 1_000_000))));
    }

    private void refuse(long waitMicros) {
        answers.getLast()
                .complete(new Charge.Answer(7, false, List.of(new Charge.Granted(0, 0, waitMicros, waitMicros))));
    }
}
