package io.portcullis.usage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {

    private final LatencyHistogram histogram = new LatencyHistogram();

    @Test
    void everyTimeFallsIntoABucketThatEndsAtMostAnEighthAboveIt() {
        int before = 0;
        for (long micros = 0; micros < 1L << 27; micros += 1 + micros / 100) {
            int bucket = LatencyHistogram.bucket(micros);
            assertThat(bucket).isBetween(before, before + 1);
            before = bucket;
            assertThat(LatencyHistogram.upperEnd(bucket)).isBetween(micros, micros + micros / 8);
        }
    }

    @Test
    void percentilesAreThoseOfTheRequestsThatARecordStandsFor() {
        histogram.record(TimeUnit.MICROSECONDS.toNanos(100), 64);
        histogram.record(TimeUnit.MILLISECONDS.toNanos(5), 1);

        LatencyHistogram.Taken taken = histogram.take();

        assertThat(taken.slowestMicros()).isEqualTo(5_000);
        assertThat(LatencyHistogram.percentileMicros(taken.counts(), 0.5)).isBetween(100L, 112L);
        assertThat(LatencyHistogram.percentileMicros(taken.counts(), 0.98)).isBetween(100L, 112L);
        assertThat(LatencyHistogram.percentileMicros(taken.counts(), 0.99)).isBetween(5_000L, 5_625L);
    }

    @Test
    void whatIsTakenIsTakenOnce() {
        histogram.record(1, 1);
        histogram.take();

        assertThat(histogram.take()).isEqualTo(new LatencyHistogram.Taken(Map.of(), 0));
        assertThat(LatencyHistogram.percentileMicros(Map.of(), 0.5)).isNull();
    }

    @Test
    void whatIsBeyondTheScaleIsItsEnd() {
        histogram.record(-1, 1);
        histogram.record(Long.MAX_VALUE, 1);

        assertThat(histogram.take().counts()).hasSize(2);
    }
}
