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
        assertThat(demand.asks(now, SECOND)).isEqualTo(1);
    }

    @Test
    void asMuchAsGoesInTheTimeOfALease() {
        demand.asks(now, SECOND);
        use(50);
        now += 2 * SECOND;
        assertThat(demand.asks(now, SECOND)).isEqualTo(25);

        // Of what went before that nothing counts.
        now += 2 * SECOND;
        assertThat(demand.asks(now, SECOND)).isEqualTo(1);
    }

    /** A burst is no pace. */
    @Test
    void eightTimesAsMuchAtMostAsWasUsed() {
        demand.asks(now, SECOND);
        use(5);
        now += SECOND / 1_000;
        assertThat(demand.asks(now, SECOND)).isEqualTo(40);
    }

    @Test
    void enoughForThoseThatWait() {
        for (int i = 0; i < 7; i++) {
            demand.waits();
        }
        assertThat(demand.asks(now, SECOND)).isEqualTo(7);
        assertThat(demand.asks(now, SECOND)).isEqualTo(1);
    }

    @Test
    void whatWasNoneIsNotUsed() {
        demand.begins(100);
        assertThat(demand.usedDownTo(90)).isEqualTo(10);
        assertThat(demand.usedDownTo(96)).isEqualTo(-6);
        assertThat(demand.asks(now, SECOND)).isEqualTo(4);
    }

    private void use(int number) {
        demand.begins(number);
        demand.usedDownTo(0);
    }
}
