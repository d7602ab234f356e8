package io.portcullis.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.source.Outcome;
import io.portcullis.source.Verification.Difference;
import io.portcullis.source.Verification.Finding;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VerdictTest {

    private static final Instant READ_AT = Instant.parse("2026-11-28T02:30:00Z");

    private static Verdict verdict(boolean agrees, Outcome outcome, @Nullable Duration newer) {
        Map<String, Difference> differences = agrees ? Map.of() : Map.of("rate_limit", new Difference(1, 2));
        return Verdict.of(
                new Finding("id", "v1:0", differences, outcome, newer == null ? null : READ_AT.plus(newer)), READ_AT);
    }

    @Test
    void whoAgreesIsMatchedOrWasRepaired() {
        assertThat(verdict(true, Outcome.OUTDATED, null)).isEqualTo(Verdict.MATCHED);
        assertThat(verdict(true, Outcome.APPLIED, null)).isEqualTo(Verdict.REPAIRED);
    }

    @Test
    void whoIsHeldIsReportedWhateverElseWasRepaired() {
        assertThat(verdict(false, Outcome.HELD, null)).isEqualTo(Verdict.REPORTED);
        assertThat(verdict(false, Outcome.HELD, Duration.ofMinutes(-1))).isEqualTo(Verdict.REPORTED);
    }

    @Test
    void aPageThatIsLateIsNoDrift() {
        assertThat(verdict(false, Outcome.OUTDATED, Duration.ofMinutes(-1))).isEqualTo(Verdict.MATCHED);
        assertThat(verdict(false, Outcome.OUTDATED, Duration.ofMinutes(4))).isEqualTo(Verdict.MATCHED);
        assertThat(verdict(false, Outcome.APPLIED, Duration.ofMinutes(-59))).isEqualTo(Verdict.REPAIRED);
    }

    @Test
    void aSourceThatContradictsWhatItSaidLongAgoOrInATimeToComeIsReported() {
        assertThat(verdict(false, Outcome.OUTDATED, Duration.ofMinutes(-61))).isEqualTo(Verdict.REPORTED);
        assertThat(verdict(false, Outcome.OUTDATED, Duration.ofMinutes(6))).isEqualTo(Verdict.REPORTED);
        assertThat(verdict(false, Outcome.APPLIED, Duration.ofDays(-1))).isEqualTo(Verdict.REPORTED);
    }

    @Test
    void whatDiffersWithoutAReasonIsReported() {
        assertThat(verdict(false, Outcome.OUTDATED, null)).isEqualTo(Verdict.REPORTED);
    }
}
