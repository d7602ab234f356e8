package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressLineTest {

    private final StringWriter err = new StringWriter();

    @Test
    void aPersonSeesALineThatIsWrittenOverAndThenGone() {
        ProgressLine progress = new ProgressLine(new PrintWriter(err), true);

        assertThat(progress.isDue()).as("what is soon done needs none").isFalse();
        await().atMost(Duration.ofSeconds(5)).until(progress::isDue);
        assertThat(progress.isDue()).isFalse();
        progress.show(ProgressLine.bar(1, 4) + "1 of 4");
        progress.clear();
        progress.clear();

        assertThat(err.toString()).isEqualTo("\r[#####               ] 1 of 4\u001b[K\r\u001b[K");
    }

    @Test
    void elsewhereNothingIsWritten() {
        ProgressLine progress = new ProgressLine(new PrintWriter(err), false);

        await().pollDelay(Duration.ofMillis(250)).until(() -> !progress.isDue());
        progress.clear();

        assertThat(err.toString()).isEmpty();
    }

    @Test
    void whereNobodyKnowsHowMuchThereIsThereIsNoBar() {
        assertThat(ProgressLine.bar(5, 0)).isEmpty();
        assertThat(ProgressLine.bar(9, 4)).isEqualTo("[####################] ");
    }
}
