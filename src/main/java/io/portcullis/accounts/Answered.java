package io.portcullis.accounts;

import org.jspecify.annotations.Nullable;

/**
 * A reply, and where in the change log that stands.
 *
 * @param seq who has applied it decides by what was done; null where nothing was done, or where the database could not be asked any more
 * @param replayed whether it was done when the same was asked before under this Idempotency-Key
 */
public record Answered(Reply reply, @Nullable Long seq, boolean replayed) {

    static Answered refused(Refusal refusal) {
        return new Answered(new Reply.Refused(refusal), null, false);
    }
}
