package io.portcullis.events;

import io.portcullis.source.EventType;
import org.jspecify.annotations.Nullable;

/**
 * What became of an entry.
 *
 * @param type null for one that is unknown or cannot be told
 * @param outcome FAILED if it is not settled
 * @param reason of FAILED, for people; quotes nothing of the entry
 */
record Verdict(
        @Nullable EventType type, Outcome outcome, @Nullable String reason) {

    /** As meters name them. */
    enum Outcome {
        APPLIED,
        OUTDATED,
        HELD,
        DUPLICATE,
        /** Of a type that means nothing to this build. */
        IGNORED,
        /** Not this time; it is tried again. */
        FAILED,
        /** Put among the dead letters. */
        DLQ;

        static Outcome of(io.portcullis.source.Outcome outcome) {
            return switch (outcome) {
                case APPLIED -> APPLIED;
                case OUTDATED -> OUTDATED;
                case HELD -> HELD;
                case DUPLICATE -> DUPLICATE;
            };
        }
    }

    static Verdict failed(@Nullable EventType type, String reason) {
        return new Verdict(type, Outcome.FAILED, reason);
    }

    boolean isSettled() {
        return outcome != Outcome.FAILED;
    }

    String reasonText() {
        return String.valueOf(reason);
    }
}
