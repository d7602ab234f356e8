package io.portcullis.freshness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * A process decides only while the others would wait for it, and what it learned while they would not does not count afterwards: step by step,
 * in moments of a clock that the test moves.
 */
class PresenceTest {

    private static final String EPOCH = "epoch";
    private static final Duration LEASE = Duration.ofSeconds(5);
    private static final Duration GRACE = Duration.ofSeconds(60);

    private final Freshness freshness = new Freshness(LEASE, GRACE);

    /** It has read up to 7 and PostgreSQL has its heartbeat, both as of second 0. */
    private void joinAtZero() {
        freshness.startOver(new Fences(EPOCH, 7), 7);
        beat(0, GRACE);
        freshness.confirmed(at(0));
    }

    @Test
    void whatWasReadBeforePostgresKnewOfItDoesNotCount() {
        freshness.startOver(new Fences(EPOCH, 7), 7);
        freshness.confirmed(at(0));
        assertThat(freshness.isFresh(at(0))).isFalse();

        assertThat(beat(1, GRACE)).isTrue();
        freshness.confirmed(at(0.5));
        assertThat(freshness.isFresh(at(1))).isFalse();
        assertThat(freshness.isInGrace(null, at(1))).isFalse();

        freshness.confirmed(at(1));
        assertThat(freshness.isFresh(at(1))).isTrue();
    }

    @Test
    void whileOthersConfirmItGoesOnUntilNobodyWaitsForIt() {
        joinAtZero();

        for (int second = 1; second <= 64; second++) {
            freshness.confirmedByAnother(new Position(EPOCH, 7), at(second));
            assertThat(freshness.state(at(second + 0.9))).isEqualTo(LeaseState.HELD);
        }

        freshness.confirmedByAnother(new Position(EPOCH, 7), at(65));
        assertThat(freshness.state(at(65))).isEqualTo(LeaseState.LOST);
        assertThat(freshness.isConfirmedLately(at(64.9), at(65), at(65))).isFalse();
        // What PostgreSQL answers to this very request always counts.
        assertThat(freshness.isConfirmedLately(at(65), at(65), at(65.1))).isTrue();
    }

    @Test
    void whatOthersConfirmedBeforeAGapDoesNotCountBehindIt() {
        joinAtZero();
        freshness.confirmedByAnother(new Position(EPOCH, 7), at(64.9));

        // A barrier may have returned at 65.1 for a change at 65, without having waited for this process.
        boolean gap = beat(66, GRACE);

        assertThat(freshness.isFresh(at(66))).isFalse();
        assertThat(gap).isTrue();
        assertThat(freshness.isInGrace(null, at(66))).isFalse();
        freshness.confirmedByAnother(new Position(EPOCH, 7), at(65.9));
        assertThat(freshness.isFresh(at(66))).isFalse();
        freshness.confirmedByAnother(new Position(EPOCH, 8), at(65.9));
        assertThat(freshness.sharedRecordConfirmedAt(8, at(66))).isNull();
        freshness.confirmed(at(66));
        assertThat(freshness.isFresh(at(66))).isTrue();
    }

    @Test
    void aBeatInTimeLeavesNoGap() {
        joinAtZero();
        freshness.confirmed(at(64));

        assertThat(beat(64.9, GRACE)).isFalse();

        assertThat(freshness.isFresh(at(65))).isTrue();
    }

    @Test
    void whatHasReadFurtherConfirmsOnlyWhatWasReadAsFar() {
        joinAtZero();

        freshness.confirmedByAnother(new Position(EPOCH, 8), at(4));

        assertThat(freshness.state(at(5))).isEqualTo(LeaseState.SHARED);
        assertThat(freshness.isFresh(at(5))).isFalse();
        assertThat(freshness.sharedRecordConfirmedAt(7, at(5))).isNull();
        assertThat(freshness.sharedRecordConfirmedAt(8, at(5))).isEqualTo(at(4));
        freshness.confirmedByAnother(new Position("another", 7), at(5));
        assertThat(freshness.isFresh(at(5))).isFalse();
    }

    @Test
    void aGraceIsUsedAsFarAsTheOthersKnowOfIt() {
        joinAtZero();
        freshness.holds(90);

        assertThat(freshness.isInGrace(90, at(64.9))).isTrue();
        assertThat(freshness.isInGrace(90, at(65))).isFalse();
        assertThat(freshness.isInGrace(0, at(4.9))).isTrue();
        assertThat(freshness.isInGrace(0, at(5))).isFalse();
        assertThat(freshness.graceToAnnounceNanos())
                .isEqualTo(Duration.ofSeconds(90).toNanos());

        beat(64, Duration.ofSeconds(90));
        assertThat(freshness.isInGrace(90, at(94.9))).isTrue();
        assertThat(freshness.isInGrace(90, at(95))).isFalse();
        assertThat(freshness.isInGrace(null, at(65))).isFalse();
    }

    private boolean beat(double second, Duration grace) {
        return freshness.present(at(second), at(second), grace.toNanos());
    }

    /** The clock's zero is anywhere, below zero too. */
    private static long at(double second) {
        return Math.round((second - 30) * 1e9);
    }
}
