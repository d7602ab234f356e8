package io.portcullis.sync;

import io.portcullis.source.Outcome;
import io.portcullis.source.Verification.Finding;
import java.time.Duration;
import java.time.Instant;

/** What a comparison makes of a client, by the name that {@code cids.sync_status} has for it. */
enum Verdict {
    MATCHED,
    REPAIRED,
    REPORTED;

    /** A page may be so much older than what was heard meanwhile: how long a source may take to make it, and a retry of ours. */
    private static final Duration LATE = Duration.ofHours(1);

    private static final Duration CLOCKS_APART = Duration.ofMinutes(5);

    /**
     * What is left of a finding's differences after a repair is either held, or behind something newer that the source itself has said. That
     * is no drift where it was said just now. Where it was said long ago, or in a time to come, the source contradicts itself: a backup was
     * restored there, or a clock was wrong, and nobody would ever notice.
     */
    static Verdict of(Finding finding, Instant readAt) {
        boolean changed = finding.outcome() == Outcome.APPLIED;
        if (finding.outcome() == Outcome.HELD || (!finding.agrees() && !isOvertaken(finding, readAt))) {
            return REPORTED;
        }
        return changed ? REPAIRED : MATCHED;
    }

    private static boolean isOvertaken(Finding finding, Instant readAt) {
        Instant newer = finding.newerAt();
        return newer != null && newer.isAfter(readAt.minus(LATE)) && newer.isBefore(readAt.plus(CLOCKS_APART));
    }
}
