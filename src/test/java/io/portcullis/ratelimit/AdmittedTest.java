package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdmittedTest {

    private static final long WINDOW = 1_000;
    /** Moments overflow on the way. */
    private long began = Long.MAX_VALUE - 500;

    private final Admitted admitted = new Admitted();

    @Test
    void aRedisThatIsNewIsToldOfThisSpanAndTheOneBefore() {
        admitted.add(3, began, WINDOW);
        admitted.add(2, began + WINDOW, WINDOW);
        assertThat(admitted.untold()).isZero();

        admitted.lost(began + 2 * WINDOW - 1, WINDOW);
        assertThat(admitted.untold()).isEqualTo(5);
    }

    @Test
    void whatIsTwoSpansOldIsNotTold() {
        admitted.add(3, began, WINDOW);
        admitted.add(2, began + WINDOW, WINDOW);

        admitted.lost(began + 2 * WINDOW, WINDOW);
        assertThat(admitted.untold()).isEqualTo(2);
    }

    @Test
    void whatRedisDoesNotKnowIsToldOnce() {
        admitted.addWithoutRedis(began, WINDOW);
        admitted.addWithoutRedis(began, WINDOW);
        admitted.addWithoutRedis(began, WINDOW);
        admitted.notWithoutRedis();
        assertThat(admitted.untold()).isEqualTo(2);

        admitted.told(2);
        assertThat(admitted.untold()).isZero();
        admitted.notTold(2);
        admitted.lost(began, WINDOW);
        assertThat(admitted.untold()).isEqualTo(2);
    }

    @Test
    void whatWasNoneIsNotCounted() {
        admitted.add(3, began, WINDOW);
        admitted.add(-1, began, WINDOW);
        admitted.lost(began, WINDOW);
        assertThat(admitted.untold()).isEqualTo(2);
    }
}
