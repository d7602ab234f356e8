package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.Decision;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With somebody in Redis' place who is asked one question after the other. */
class LimitsTest {

    private static final int CALLERS = 20;

    private final Vertx vertx = Vertx.vertx();
    private final LimitPolicy policy = LimitPolicy.parse("p by=client limit=5 window=10m");
    private final Limits limits = new Limits(
            vertx.eventBus(),
            new Limits.Settings(List.of(policy), policy, Duration.ofSeconds(1), 1_000),
            new SecureRandom(),
            new SimpleMeterRegistry());

    @AfterEach
    void close() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    /** At its edge a limit grants one after the other, and each goes to somebody else. Redis is there: it is no 503. */
    @Test
    void whoIsTooLateEachTimeIsRefused() throws Exception {
        limits.standing().heard(1, false, 1, 0);
        limits.questions().takenBy(new Questions.Taker() {
            @Override
            public void now() {
                // When all have asked.
            }

            @Override
            public void in(int millis, Runnable itIsTime) {}
        });
        List<Future<Verdict>> verdicts = all();
        for (List<Questions.Question> batch = limits.questions().take();
                !batch.isEmpty();
                batch = limits.questions().take()) {
            batch.forEach(question -> question.answer()
                    .complete(new Charge.Answer(1, false, List.of(new Charge.Granted(1, 0, 0, 1_000)))));
        }

        assertThat(kinds(verdicts)).contains(Verdict.Kind.ADMITTED, Verdict.Kind.REFUSED);
        assertThat(kinds(verdicts)).doesNotContain(Verdict.Kind.UNAVAILABLE);
    }

    @Test
    void whereNobodyAnswersNobodyKnows() throws Exception {
        limits.standing().heard(1, false, 1, 0);
        limits.questions().takenBy(null);
        assertThat(kinds(all())).containsOnly(Verdict.Kind.UNAVAILABLE);
    }

    private List<Future<Verdict>> all() {
        Decision.Allowed client = LimitNode.client("c");
        List<Future<Verdict>> verdicts = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            verdicts.add(limits.admit(client, () -> null, Deadline.in(Duration.ofSeconds(5))));
        }
        return verdicts;
    }

    private static List<Verdict.Kind> kinds(List<Future<Verdict>> verdicts) throws Exception {
        List<Verdict.Kind> kinds = new ArrayList<>();
        for (Future<Verdict> verdict : verdicts) {
            kinds.add(verdict.await(10, TimeUnit.SECONDS).kind());
        }
        return kinds;
    }
}
