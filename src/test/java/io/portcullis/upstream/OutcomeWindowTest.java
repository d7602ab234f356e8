package io.portcullis.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutcomeWindowTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** As {@link System#nanoTime()} may well begin. */
    private long now = Long.MAX_VALUE - SECOND;

    private final OutcomeWindow window = new OutcomeWindow(Duration.ofSeconds(10), () -> now);

    @Test
    void countsWhatEndedAndHowMuchOfItFailed() {
        add(3, true);
        add(1, false);

        assertThat(window.calls()).isEqualTo(4);
        assertThat(window.failureRatio()).isEqualTo(0.75);
    }

    @Test
    void forgetsBucketByBucketAlsoWhereTheClockWrapsAround() {
        for (int second = 0; second < 10; second++) {
            add(10, second < 5);
            now += SECOND;
        }
        add(1, false);

        assertThat(window.calls()).isEqualTo(91);
        assertThat(window.failureRatio()).isEqualTo(40 / 91.0);
    }

    @Test
    void forgetsAllAfterAPauseOfAnyLength() {
        add(100, true);
        now += 1_000_000 * SECOND;
        add(1, false);

        assertThat(window.calls()).isEqualTo(1);
        assertThat(window.failureRatio()).isZero();
    }

    @Test
    void isEmptyWhenCleared() {
        add(100, true);
        window.clear();

        assertThat(window.calls()).isZero();
        assertThat(window.failureRatio()).isZero();
    }

    private void add(int count, boolean failure) {
        for (int i = 0; i < count; i++) {
            window.add(failure);
        }
    }
}
