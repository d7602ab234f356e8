package io.portcullis.testing;

import static io.portcullis.testing.Oracle.Verdict.RIGHT;
import static io.portcullis.testing.Oracle.Verdict.UNAVAILABLE;
import static io.portcullis.testing.Oracle.Verdict.UNEXPECTED;
import static io.portcullis.testing.Oracle.Verdict.WRONG_ALLOW;
import static io.portcullis.testing.Oracle.Verdict.WRONG_DENIAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.testing.Oracle.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Times are made up: milliseconds since nothing, negative ones among them, as nanoTime may be. */
class OracleTest {
    private static final String ID = "client";
    private final Oracle oracle = new Oracle(Duration.ofMillis(50));

    @Test
    void anAllowIsWrongOnlyIfSentLongerThanTheBoundAfterTheAcknowledgement() {
        activated(-100, -99);
        revoked(10, 20);

        assertThat(judge(200, 15, 16)).isEqualTo(RIGHT);
        assertThat(judge(200, 70, 200)).as("at the bound").isEqualTo(RIGHT);
        assertThat(judge(200, 71, 200)).isEqualTo(WRONG_ALLOW);
        assertThat(judge(403, 71, 200)).isEqualTo(RIGHT);
    }

    @Test
    void afterABarrierTheBoundIsZero() {
        activated(0, 1);
        revoked(10, 20);

        assertThat(oracle.judge(ID, 200, ms(20), ms(22), Duration.ZERO)).isEqualTo(RIGHT);
        assertThat(oracle.judge(ID, 200, ms(21), ms(22), Duration.ZERO)).isEqualTo(WRONG_ALLOW);
    }

    @Test
    void aReactivationThatWasBegunBeforeTheAnswerExcusesAnAllow() {
        activated(0, 1);
        revoked(10, 20);
        activated(200, 210);

        assertThat(judge(200, 100, 199)).isEqualTo(WRONG_ALLOW);
        assertThat(judge(200, 100, 200)).isEqualTo(RIGHT);
    }

    @Test
    void aSecondRevocationStandsForItself() {
        activated(0, 1);
        revoked(10, 20);
        activated(100, 110);
        revoked(150, 160);

        assertThat(judge(200, 200, 201)).isEqualTo(RIGHT);
        assertThat(judge(200, 211, 212)).isEqualTo(WRONG_ALLOW);
    }

    @Test
    void aRevocationWhoseOutcomeIsUnknownProvesNothing() {
        activated(0, 1);
        oracle.begin(ID, false, ms(10));

        assertThat(judge(200, 500, 501)).isEqualTo(RIGHT);
        assertThat(judge(403, 500, 501)).isEqualTo(RIGHT);
        assertThat(judge(403, 5, 9)).isEqualTo(WRONG_DENIAL);
    }

    @Test
    void anActivationUnderWayExcusesAnAllowBeforeItIsAcknowledged() {
        activated(0, 1);
        revoked(10, 20);
        Oracle.Change activation = oracle.begin(ID, true, ms(100));

        assertThat(judge(200, 101, 102)).isEqualTo(RIGHT);
        assertThat(judge(403, 101, 102)).isEqualTo(RIGHT);

        activation.acknowledged(ms(103));

        assertThat(judge(403, 104, 105)).isEqualTo(WRONG_DENIAL);
    }

    @Test
    void changesThatOverlapMayHaveHappenedInEitherOrder() {
        activated(0, 1);
        revoked(10, 30);
        activated(20, 25);

        assertThat(judge(200, 500, 501)).isEqualTo(RIGHT);
        assertThat(judge(401, 500, 501)).isEqualTo(RIGHT);
    }

    @Test
    void aDenialIsWrongOnlyOfAClientThatWasActiveThroughout() {
        activated(0, 10);
        revoked(100, 110);

        assertThat(judge(403, 5, 20))
                .as("sent before the activation was certain")
                .isEqualTo(RIGHT);
        assertThat(judge(401, 11, 99)).isEqualTo(WRONG_DENIAL);
        assertThat(judge(401, 11, 100)).as("a revocation was under way").isEqualTo(RIGHT);
    }

    @Test
    void anActivationMayHaveABoundToo() {
        Oracle patient = new Oracle(Duration.ZERO, Duration.ofMillis(50));
        patient.activated(ID, ms(0), ms(10));

        assertThat(patient.judge(ID, 401, ms(60), ms(61))).isEqualTo(RIGHT);
        assertThat(patient.judge(ID, 401, ms(61), ms(62))).isEqualTo(WRONG_DENIAL);
    }

    @Test
    void whoWasNeverLetInMustNotBeAllowed() {
        assertThat(judge(200, 0, 1)).isEqualTo(WRONG_ALLOW);
        assertThat(judge(401, 0, 1)).isEqualTo(RIGHT);
    }

    @Test
    void availabilityCountsHonestTrafficOnly() throws Exception {
        activated(0, 1);
        judge(200, 10, 11);
        judge(503, 10, 11);
        judge(Oracle.NO_ANSWER, 10, 11);
        judge(403, 10, 11);
        judge(500, 10, 11);
        revoked(20, 21);
        judge(503, 30, 31);
        judge(403, 30, 31);
        judge(200, 300, 301);
        oracle.ask("nobody", () -> {
            throw new IOException("refused");
        });
        oracle.ask("nobody", () -> 401);

        Oracle.Counts counts = oracle.counts();
        assertThat(counts.right()).isEqualTo(3);
        assertThat(counts.wrongAllows()).isEqualTo(1);
        assertThat(counts.wrongDenials()).isEqualTo(1);
        assertThat(counts.unavailable()).isEqualTo(4);
        assertThat(counts.unexpected()).isEqualTo(1);
        assertThat(counts.total()).isEqualTo(10);
        assertThat(counts.honest()).isEqualTo(5);
        assertThat(counts.availability()).isEqualTo(20.0);
        assertThat(counts.examples())
                .hasSize(3)
                .anySatisfy(
                        example -> assertThat(example)
                                .isEqualTo(
                                        "WRONG_ALLOW client: 200 to a request of 1.000 ms;"
                                                + " activation begun 300.000 ms before it was sent, acknowledged 299.000 ms before it was sent;"
                                                + " revocation begun 280.000 ms before it was sent, acknowledged 279.000 ms before it was sent"));
        assertThat(judge(502, 300, 301)).isEqualTo(UNEXPECTED);
        assertThat(judge(503, 300, 301)).isEqualTo(UNAVAILABLE);
    }

    @Test
    void nothingIsLostWhenManyJudge() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String id = "client " + i % 4;
                running.add(threads.submit(() -> {
                    for (int n = 0; n < 500; n++) {
                        oracle.activating(id).acknowledged();
                        oracle.ask(id, () -> 200);
                        oracle.revoking(id).acknowledged();
                    }
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get(20, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(oracle.counts().total()).isEqualTo(4000);
        assertThat(oracle.counts().wrongAllows()).isZero();
    }

    private void activated(long begun, long acknowledged) {
        oracle.activated(ID, ms(begun), ms(acknowledged));
    }

    private void revoked(long begun, long acknowledged) {
        oracle.revoked(ID, ms(begun), ms(acknowledged));
    }

    private Verdict judge(int status, long sent, long ended) {
        return oracle.judge(ID, status, ms(sent), ms(ended));
    }

    private static long ms(long time) {
        return time * 1_000_000;
    }
}
