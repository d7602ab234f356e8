package io.portcullis.freshness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Moments are made up: 0 is an hour ago. */
class FreshnessTest {

    private static final long SECOND = 1_000_000_000L;

    private final Freshness freshness = new Freshness(Duration.ofSeconds(5), Duration.ofSeconds(60));

    @Test
    void nothingDecidesBeforePostgresKnowsOfTheProcess() {
        freshness.startOver(new Fences("e", 3), 3);
        freshness.confirmed(1 * SECOND);
        assertThat(freshness.isFresh(1 * SECOND)).isFalse();

        // Read before the heartbeat was there: a barrier may have looked in between, and not have waited.
        assertThat(freshness.present(1 * SECOND, 2 * SECOND, 60 * SECOND)).isTrue();
        freshness.confirmed(1 * SECOND);
        assertThat(freshness.isFresh(2 * SECOND)).isFalse();

        freshness.confirmed(2 * SECOND);
        assertThat(freshness.isFresh(2 * SECOND)).isTrue();
    }

    @Test
    void theLeaseCountsFromTheSendingAndThenTheGrace() {
        follow(0);

        assertThat(freshness.isFresh(5 * SECOND - 1)).isTrue();
        assertThat(freshness.isFresh(5 * SECOND)).isFalse();
        assertThat(freshness.isInGrace(null, 65 * SECOND - 1)).isTrue();
        assertThat(freshness.isInGrace(null, 65 * SECOND)).isFalse();
        assertThat(freshness.isInGrace(0, 5 * SECOND)).isFalse();
        assertThat(freshness.isInGrace(10, 15 * SECOND - 1)).isTrue();
        assertThat(freshness.isInGrace(10, 15 * SECOND)).isFalse();
    }

    @Test
    void aGraceCountsAsFarAsItWasAnnounced() {
        follow(0);
        freshness.holds(3_600);

        assertThat(freshness.graceToAnnounceNanos()).isEqualTo(3_600 * SECOND);
        assertThat(freshness.isInGrace(3_600, 65 * SECOND)).isFalse();

        freshness.present(1 * SECOND, 1 * SECOND, 3_600 * SECOND);
        assertThat(freshness.isInGrace(3_600, 3_604 * SECOND)).isTrue();
        assertThat(freshness.isInGrace(3_600, 3_605 * SECOND)).isFalse();
    }

    @Test
    void aConfiguredGraceThatIsRaisedCountsOnlyWhenItIsAnnounced() {
        follow(0);
        freshness.grace(Duration.ofMinutes(10));

        assertThat(freshness.graceToAnnounceNanos()).isEqualTo(600 * SECOND);
        assertThat(freshness.isInGrace(null, 65 * SECOND)).isFalse();

        freshness.present(1 * SECOND, 1 * SECOND, 600 * SECOND);
        assertThat(freshness.isInGrace(null, 605 * SECOND - 1)).isTrue();
        assertThat(freshness.isInGrace(null, 605 * SECOND)).isFalse();
    }

    @Test
    void aConfiguredGraceThatIsLoweredCountsAtOnce() {
        follow(0);
        freshness.grace(Duration.ofSeconds(10));

        assertThat(freshness.isInGrace(null, 15 * SECOND - 1)).isTrue();
        assertThat(freshness.isInGrace(null, 15 * SECOND)).isFalse();
        assertThat(freshness.graceToAnnounceNanos()).isEqualTo(10 * SECOND);
    }

    @Test
    void withoutHeartbeatsNothingDecidesLongerThanOthersWait() {
        follow(0);
        freshness.confirmed(64 * SECOND);

        assertThat(freshness.isFresh(65 * SECOND - 1)).isTrue();
        assertThat(freshness.isFresh(65 * SECOND)).isFalse();
        assertThat(freshness.isInGrace(null, 65 * SECOND)).isFalse();
    }

    @Test
    void afterAGapWhatWasReadBeforeItsEndDoesNotCount() {
        follow(0);
        assertThat(freshness.present(10 * SECOND, 11 * SECOND, 60 * SECOND)).isFalse();
        assertThat(freshness.present(80 * SECOND, 81 * SECOND, 60 * SECOND)).isTrue();

        freshness.confirmed(80 * SECOND);
        assertThat(freshness.isFresh(81 * SECOND)).isFalse();
        freshness.confirmed(81 * SECOND);
        assertThat(freshness.isFresh(81 * SECOND)).isTrue();
    }

    @Test
    void whatOthersConfirmedBeforeAGapDoesNotCountBehindIt() {
        follow(0);
        freshness.confirmedByAnother(new Position("e", 3), 64 * SECOND);

        // A barrier may have returned at 65 for a change at 64, without having waited for this process.
        assertThat(freshness.present(66 * SECOND, 66 * SECOND, 60 * SECOND)).isTrue();

        assertThat(freshness.isFresh(66 * SECOND)).isFalse();
        assertThat(freshness.isInGrace(null, 66 * SECOND)).isFalse();
        freshness.confirmedByAnother(new Position("e", 3), 65 * SECOND);
        freshness.confirmedByAnother(new Position("e", 4), 65 * SECOND);
        assertThat(freshness.isFresh(66 * SECOND)).isFalse();
        assertThat(freshness.sharedRecordConfirmedAt(4, 66 * SECOND)).isNull();
    }

    @Test
    void whoHasReadNoFurtherConfirmsAllOfIt() {
        follow(0);

        freshness.confirmedByAnother(new Position("e", 3), 4 * SECOND);

        assertThat(freshness.isFresh(9 * SECOND - 1)).isTrue();
        assertThat(freshness.state(9 * SECOND)).isEqualTo(LeaseState.GRACE);
    }

    @Test
    void whoHasReadFurtherConfirmsWhatWasReadAtLeastAsLate() {
        follow(0);

        freshness.confirmedByAnother(new Position("e", 4), 4 * SECOND);

        assertThat(freshness.isFresh(6 * SECOND)).isFalse();
        assertThat(freshness.state(6 * SECOND)).isEqualTo(LeaseState.SHARED);
        assertThat(freshness.sharedRecordConfirmedAt(3, 6 * SECOND)).isNull();
        assertThat(freshness.sharedRecordConfirmedAt(4, 6 * SECOND)).isEqualTo(4 * SECOND);
        assertThat(freshness.sharedRecordConfirmedAt(4, 9 * SECOND)).isNull();
    }

    @Test
    void anotherEpochConfirmsNothing() {
        follow(0);

        freshness.confirmedByAnother(new Position("f", 3), 4 * SECOND);

        assertThat(freshness.isFresh(6 * SECOND)).isFalse();
        assertThat(freshness.state(6 * SECOND)).isEqualTo(LeaseState.GRACE);
    }

    @Test
    void anAnswerCountsForALeaseAndForWhoOthersDoNotWaitForOnlyIfAskedSince() {
        follow(0);

        assertThat(freshness.isConfirmedLately(2 * SECOND, 6 * SECOND, 6 * SECOND))
                .isTrue();
        assertThat(freshness.isConfirmedLately(2 * SECOND, 6 * SECOND, 7 * SECOND))
                .isFalse();
        assertThat(freshness.isConfirmedLately(70 * SECOND, 71 * SECOND, 72 * SECOND))
                .isFalse();
        assertThat(freshness.isConfirmedLately(71 * SECOND, 71 * SECOND, 72 * SECOND))
                .isTrue();
    }

    @Test
    void aNewEpochLeavesThePositionAtItsHead() {
        follow(0);

        freshness.startOver(new Fences("f", 1), 1);

        assertThat(freshness.position()).isEqualTo(new Position("f", 1));
        assertThat(new Position("f", 0).isBehind(freshness.position())).isTrue();
        assertThat(new Position("e", 0).isBehind(freshness.position())).isFalse();
    }

    /** At position 3 of epoch e, confirmed as of then. */
    private void follow(long nanos) {
        freshness.startOver(new Fences("e", 3), 3);
        freshness.present(nanos, nanos, 60 * SECOND);
        freshness.confirmed(nanos);
    }
}
