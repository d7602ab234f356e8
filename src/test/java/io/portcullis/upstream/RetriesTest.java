package io.portcullis.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RetriesTest {

    private final Retries retries = new Retries(new Random(1));

    @Test
    void aTenthOfTheCallsIsRepeatedAtMostAndTen() {
        int taken = 0;
        for (int i = 0; i < 10_000; i++) {
            retries.asked();
            taken += retries.take() ? 1 : 0;
        }

        assertThat(taken).isBetween(1_000, 1_010);
    }

    @Test
    void whatIsNotUsedIsNotSavedUpForEver() {
        for (int i = 0; i < 10_000; i++) {
            retries.asked();
        }
        int taken = 0;
        while (retries.take()) {
            taken++;
        }

        assertThat(taken).isEqualTo(10);
    }

    @Test
    void theWaitIsAnythingUpToALimitThatDoubles() {
        assertThat(LongStream.range(0, 10_000).map(i -> retries.delayMillis(1)).summaryStatistics())
                .satisfies(waits -> assertThat(waits.getMin()).isZero())
                .satisfies(waits -> assertThat(waits.getMax()).isEqualTo(50));
        assertThat(LongStream.range(0, 10_000).map(i -> retries.delayMillis(2)).max())
                .hasValue(100);
    }
}
