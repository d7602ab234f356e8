package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StandingTest {

    private static final long SECOND = 1_000_000_000;

    private final Standing standing = new Standing();

    /** Else the first one to hear a Redis that is new took all of a limit for its share. */
    @Test
    void aRedisThatIsNewDoesNotKnowTheNodesYet() {
        standing.heard(1, false, 3, 0);
        standing.heard(2, true, 1, 10 * SECOND);
        standing.heard(2, false, 1, 11 * SECOND);
        standing.heard(2, false, 2, 12 * SECOND);
        assertThat(standing.nodes()).isEqualTo(3);
    }

    @Test
    void norDoesOneThatWasAway() {
        standing.heard(1, false, 3, 0);
        standing.gone();
        standing.heard(1, false, 1, 10 * SECOND);
        assertThat(standing.nodes()).isEqualTo(3);
    }

    @Test
    void aNodeThatStaysAwayIsNoneAnyMore() {
        standing.heard(1, false, 3, 0);
        standing.heard(1, false, 2, SECOND);
        assertThat(standing.nodes()).isEqualTo(3);
        standing.heard(1, false, 2, 4 * SECOND);
        assertThat(standing.nodes()).isEqualTo(2);
        standing.heard(1, false, 4, 5 * SECOND);
        assertThat(standing.nodes()).isEqualTo(4);
    }
}
