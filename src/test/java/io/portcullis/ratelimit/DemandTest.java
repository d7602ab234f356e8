package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DemandTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Demand demand = new Demand();
    /** Overflows on the way. */
    private long now = Long.MAX_VALUE - SECOND;

    @Test
    void whoHasUsedNothingAsksForOne() {
        assertThat(demand.asks(now, SECOND, 0)).isEqualTo(1);
    }

    @Test
    void asMuchAsGoesInTheTimeOfALease() {
        demand.asks(now, SECOND, 0);
        use(50);
        now += 2 * SECOND;
        assertThat(demand.asks(now, SECOND, 0)).isEqualTo(25);

        // Of what went before that nothing counts.
        now += 2 * SECOND;
        assertThat(demand.asks(now, SECOND, 0)).isEqualTo(1);
    }

    /** The next lease has but the rest of its time when that is used up. */
    @Test
    void whatIsLeftNeedNotBeAskedFor() {
        demand.asks(now, SECOND, 0);
        use(50);
        now += SECOND;
        assertThat(demand.asks(now, SECOND, 20)).isEqualTo(30);
        use(50);
        now += SECOND;
        assertThat(demand.asks(now, SECOND, 60)).isEqualTo(1);
    }

    /** A burst is no pace. */
    @Test
    void eightTimesAsMuchAtMostAsWasUsed() {
        demand.asks(now, SECOND, 0);
        use(5);
        now += SECOND / 1_000;
        assertThat(demand.asks(now, SECOND, 0)).isEqualTo(40);
    }

    @Test
    void enoughForThoseThatWait() {
        for (int i = 0; i < 7; i++) {
            demand.waits();
        }
        assertThat(demand.asks(now, SECOND, 0)).isEqualTo(7);
        assertThat(demand.asks(now, SECOND, 0)).isEqualTo(1);
    }

    @Test
    void whatIsLeftLastsAsLongAsItWouldAtThePaceSinceItAskedLast() {
        use(30);
        assertThat(demand.lasts(now, 10)).as("nothing is known of a pace").isZero();
        demand.asks(now, SECOND, 0);
        assertThat(demand.lasts(now, 10)).as("nothing was used").isZero();

        use(30);
        now += 3 * SECOND;
        assertThat(demand.lasts(now, 10)).isEqualTo(SECOND);
    }

    @Test
    void whatWasNoneIsNotUsed() {
        demand.begins(100);
        assertThat(demand.usedDownTo(90)).isEqualTo(10);
        assertThat(demand.usedDownTo(96)).isEqualTo(-6);
        assertThat(demand.asks(now, SECOND, 0)).isEqualTo(4);
    }

    private void use(int number) {
        demand.begins(number);
        demand.usedDownTo(0);
    }
}
