package io.portcullis.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.bus.Deadline;
import io.portcullis.upstream.Breaker.Verdict;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The breaker, and each weakness of the library behind it. The comment at a test names the guard without which it was seen to fail.
 */
class BreakerTest {

    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(100);

    private final Vertx vertx = Vertx.vertx();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final AtomicLong now = new AtomicLong();
    private final RoomLog log = new RoomLog();

    @AfterEach
    void close() {
        log.close();
        vertx.close().await();
    }

    // --- opening

    // The window: the library's own count, cleared by each success, never came to anything.
    @Test
    void aServiceThatFailsEveryOtherCallIsLeftAlone() {
        Breaker breaker = breaker(LONG, LONG);
        for (int i = 0; i < 5; i++) {
            succeed(breaker);
            assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
            fail(breaker);
        }

        assertThat(breaker.state()).isEqualTo(BreakerState.OPEN);
        assertThat(log.breaker("opening")).containsExactly("event=breaker.opened service=opening ratio=0.50 calls=10");
        assertThat(gauge()).isEqualTo(2);
    }

    @Test
    void fewCallsAreNoRatio() {
        Breaker breaker = breaker(LONG, LONG);
        for (int i = 0; i < 9; i++) {
            fail(breaker);
        }

        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
        assertThat(gauge()).isZero();
    }

    @Test
    void whatIsLongPastDoesNotCount() {
        Breaker breaker = breaker(LONG, LONG);
        for (int i = 0; i < 50; i++) {
            fail(breaker);
            now.addAndGet(TimeUnit.SECONDS.toNanos(2));
        }

        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
    }

    // The verdict: with any failure for one of the service it opened.
    @Test
    void anAnswerThatSaysNoIsAnAnswerAndWhatWasNeverAskedIsNothing() {
        Breaker breaker = breaker(LONG, LONG);
        for (int i = 0; i < 50; i++) {
            fail(breaker, Verdict.ANSWERED);
        }
        for (int i = 0; i < 50; i++) {
            fail(breaker, Verdict.UNKNOWN);
        }
        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);

        for (int i = 0; i < 50; i++) {
            fail(breaker);
        }
        assertThat(breaker.state())
                .as("fifty answers and fifty failures, and not a third of it")
                .isEqualTo(BreakerState.OPEN);
    }

    // The time-out of ordinary calls: without it they never ended.
    @Test
    void aServiceThatHangsIsFoundOut() {
        Breaker breaker = breaker(SHORT, LONG);
        List<Future<String>> calls = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            calls.add(breaker.call(
                    Deadline.in(LONG), limit -> Promise.<String>promise().future()));
        }

        await().until(() -> breaker.state() == BreakerState.OPEN);
        assertThat(calls).allSatisfy(call -> assertThat(outcome(call)).isEqualTo(Outcome.TIMEOUT));
    }

    @Test
    void whileItIsOpenNobodyIsLetThroughAndHearsSoAtOnce() {
        Breaker breaker = opened(LONG, LONG);
        AtomicInteger asked = new AtomicInteger();

        Future<String> call = breaker.call(Deadline.in(LONG), limit -> {
            asked.incrementAndGet();
            return Future.succeededFuture("");
        });

        assertThat(call.cause()).isInstanceOf(UpstreamException.Unavailable.class);
        assertThat(call.cause().getStackTrace()).isEmpty();
        assertThat(outcome(call)).isEqualTo(Outcome.REJECTED);
        assertThat(asked).hasValue(0);
    }

    // The check of the state before an outcome counts: a second open() leaves a second timer, and it was half-open 100
    // ms too early.
    @Test
    void whatFailsLateDoesNotShortenTheNextOpening() {
        Duration openFor = Duration.ofMillis(200);
        Breaker breaker = breaker(LONG, openFor);
        List<Promise<String>> before = begin(breaker, 20);
        before.subList(0, 10).forEach(call -> call.fail(new Failure(Verdict.FAILED)));
        vertx.timer(100, TimeUnit.MILLISECONDS).await();
        before.subList(10, 20).forEach(call -> call.fail(new Failure(Verdict.FAILED)));
        awaitHalfOpen(breaker);

        long reopened = System.nanoTime();
        fail(breaker);
        awaitReopened(1);
        awaitHalfOpen(breaker);

        assertThat(Duration.ofNanos(System.nanoTime() - reopened)).isGreaterThanOrEqualTo(Duration.ofMillis(190));
    }

    // --- half-open

    @Test
    void outOfFiveThousandOneIsLetThrough() {
        Breaker breaker = opened(LONG, SHORT);
        awaitHalfOpen(breaker);
        assertThat(gauge()).isEqualTo(1);
        AtomicInteger asked = new AtomicInteger();
        Promise<String> probe = Promise.promise();
        List<Future<String>> calls = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            calls.add(breaker.call(Deadline.in(LONG), limit -> {
                asked.incrementAndGet();
                return probe.future();
            }));
        }

        assertThat(asked).hasValue(1);
        assertThat(calls.stream().filter(Future::failed))
                .hasSize(4_999)
                .allSatisfy(call -> assertThat(outcome(call)).isEqualTo(Outcome.REJECTED));
        probe.complete("back");
        await().until(() -> breaker.state() == BreakerState.CLOSED);
        assertThat(calls.get(0).await()).isEqualTo("back");
    }

    // Emptying the window at closing: ten failures of before were still there, and one more opened it.
    @Test
    void aProbeThatIsAnsweredClosesItAndTheWindowIsEmpty() {
        Breaker breaker = opened(LONG, SHORT);
        awaitHalfOpen(breaker);
        fail(breaker, Verdict.ANSWERED);
        await().until(() -> breaker.state() == BreakerState.CLOSED);

        for (int i = 0; i < 9; i++) {
            fail(breaker);
        }

        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
        assertThat(log.breaker("opening"))
                .containsExactly(
                        "event=breaker.opened service=opening ratio=1.00 calls=10",
                        "event=breaker.half_open service=opening",
                        "event=breaker.closed service=opening");
    }

    @Test
    void aProbeThatFailsOpensItAgain() {
        Breaker breaker = opened(LONG, SHORT);
        awaitHalfOpen(breaker);
        fail(breaker);

        awaitReopened(1);
        awaitHalfOpen(breaker);
        succeed(breaker);
        await().until(() -> breaker.state() == BreakerState.CLOSED);
    }

    @Test
    void aProbeThatSaysNothingOfTheServiceDoesNotCloseItAndAThrownOneNeither() {
        Breaker breaker = opened(LONG, SHORT);
        awaitHalfOpen(breaker);
        fail(breaker, Verdict.UNKNOWN);
        awaitReopened(1);
        awaitHalfOpen(breaker);
        Future<String> thrown = breaker.call(Deadline.in(LONG), limit -> {
            throw new IllegalStateException("broken");
        });

        awaitReopened(2);
        assertThat(thrown.cause()).hasMessage("broken");
    }

    // The library's time-out: without it (setTimeout(-1)) it stayed half-open and let nobody through.
    @Test
    void aProbeThatHangsDoesNotWedgeIt() {
        Breaker breaker = opened(SHORT, SHORT);
        awaitHalfOpen(breaker);
        Future<String> hangs = breaker.call(
                Deadline.in(LONG), limit -> Promise.<String>promise().future());

        awaitReopened(1);
        assertThat(outcome(hangs)).isEqualTo(Outcome.TIMEOUT);
        awaitHalfOpen(breaker);
        succeed(breaker);
        await().until(() -> breaker.state() == BreakerState.CLOSED);
    }

    // The probe's own deadline: with the caller's the service was too slow for it.
    @Test
    void anImpatientCallersProbeHasTheTimeThatTheServiceMayTake() {
        Breaker breaker = opened(LONG, SHORT);
        awaitHalfOpen(breaker);
        Promise<String> probe = Promise.promise();
        AtomicLong given = new AtomicLong();
        Future<String> call = breaker.call(Deadline.in(Duration.ofMillis(20)), limit -> {
            given.set(limit.remainingMillis());
            return probe.future();
        });

        await().until(call::failed);
        assertThat(outcome(call)).isEqualTo(Outcome.TIMEOUT);
        assertThat(breaker.state()).isEqualTo(BreakerState.HALF_OPEN);
        assertThat(given.get()).isGreaterThan(5_000);
        probe.complete("at last");
        await().until(() -> breaker.state() == BreakerState.CLOSED);
    }

    // --- what began before

    // Keeping ordinary calls out of the library's execute: through it, this one closed the breaker.
    @Test
    void aLateSuccessOfBeforeTheOpeningDoesNotCloseIt() {
        Breaker breaker = breaker(LONG, SHORT);
        Promise<String> before = begin(breaker, 1).get(0);
        open(breaker);
        awaitHalfOpen(breaker);

        before.complete("late");

        settle();
        assertThat(breaker.state()).isEqualTo(BreakerState.HALF_OPEN);
        assertThat(log.breaker("opening")).hasSize(2);
    }

    // The term: without it the twenty opened what had just closed.
    @Test
    void lateFailuresOfBeforeTheOpeningDoNotOpenItAgain() {
        Breaker breaker = breaker(LONG, SHORT);
        List<Promise<String>> before = begin(breaker, 40);
        open(breaker);
        awaitHalfOpen(breaker);
        before.subList(0, 20).forEach(call -> call.fail(new Failure(Verdict.FAILED)));
        settle();
        assertThat(breaker.state()).isEqualTo(BreakerState.HALF_OPEN);

        succeed(breaker);
        await().until(() -> breaker.state() == BreakerState.CLOSED);
        before.subList(20, 40).forEach(call -> call.fail(new Failure(Verdict.FAILED)));

        settle();
        assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
    }

    // --- parts

    private Breaker breaker(Duration limit, Duration openFor) {
        return new Breaker(
                vertx,
                "opening",
                new BreakerSettings(LONG, 10, 0.5, openFor),
                limit,
                failure -> failure instanceof Failure known ? known.verdict : Verdict.FAILED,
                meters,
                now::get);
    }

    private Breaker opened(Duration limit, Duration openFor) {
        Breaker breaker = breaker(limit, openFor);
        open(breaker);
        return breaker;
    }

    private static void open(Breaker breaker) {
        for (int i = 0; i < 10; i++) {
            fail(breaker);
        }
        assertThat(breaker.state()).isEqualTo(BreakerState.OPEN);
    }

    private static void awaitHalfOpen(Breaker breaker) {
        await().pollInterval(Duration.ofMillis(2)).until(() -> breaker.state() == BreakerState.HALF_OPEN);
    }

    /** By a probe, so many times; the state itself may have gone on by the time that somebody looks. */
    private void awaitReopened(int times) {
        await().pollInterval(Duration.ofMillis(2))
                .until(() -> log.breaker("opening").stream()
                                .filter(line -> line.endsWith("probe=failed"))
                                .count()
                        == times);
    }

    private static List<Promise<String>> begin(Breaker breaker, int count) {
        List<Promise<String>> begun = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Promise<String> call = Promise.promise();
            breaker.call(Deadline.in(LONG), limit -> call.future());
            begun.add(call);
        }
        return begun;
    }

    private static void succeed(Breaker breaker) {
        breaker.call(Deadline.in(LONG), limit -> Future.succeededFuture("fine"));
    }

    private static void fail(Breaker breaker) {
        fail(breaker, Verdict.FAILED);
    }

    private static void fail(Breaker breaker, Verdict verdict) {
        breaker.call(Deadline.in(LONG), limit -> Future.<String>failedFuture(new Failure(verdict)));
    }

    /** What the library does on event loops has been done when this returns. */
    private void settle() {
        vertx.timer(50, TimeUnit.MILLISECONDS).await();
    }

    private double gauge() {
        return meters.get("upstream_breaker_state")
                .tag("service", "opening")
                .gauge()
                .value();
    }

    private static Outcome outcome(Future<?> call) {
        return call.cause() instanceof UpstreamException known ? known.outcome() : Outcome.OK;
    }

    private static final class Failure extends Exception {
        private final Verdict verdict;

        Failure(Verdict verdict) {
            super("played", null, false, false);
            this.verdict = verdict;
        }
    }
}
