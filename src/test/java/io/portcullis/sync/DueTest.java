package io.portcullis.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.sync.Batch.Status;
import io.portcullis.sync.SyncVerticle.Schedule;
import java.time.LocalTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DueTest {

    private static final LocalTime AT = LocalTime.of(2, 30);

    @ParameterizedTest
    @CsvSource({
        // now, today's batch, idle, no client, fill at start, due
        "02:29, , false, false, true, false",
        "02:30, , false, false, true, true",
        "14:00, , false, false, true, true",
        "00:00, , false, true, true, true",
        "00:00, , false, true, false, false",
        "14:00, COMPLETED, true, true, true, false",
        "00:00, INTERRUPTED, false, false, false, true",
        "00:00, RUNNING, false, false, false, true",
        "14:00, FAILED, false, false, true, false",
        "14:00, FAILED, true, false, true, true",
    })
    void isDue(LocalTime now, @Nullable Status today, boolean idle, boolean empty, boolean firstStart, boolean due) {
        assertThat(new Due(now, today, idle, empty).is(new Schedule(AT, firstStart)))
                .isEqualTo(due);
    }
}
