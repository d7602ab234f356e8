package io.portcullis.sync;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * A day's comparison.
 *
 * @param date in UTC, by PostgreSQL's clock
 * @param token of the lock that it was last written under
 * @param cursor where the source goes on; null at its beginning and after its end
 * @param error why it did not come to its end; null where there is nothing to say
 */
public record Batch(
        LocalDate date,
        long token,
        Status status,
        @Nullable String cursor,
        Counts counts,
        OffsetDateTime startedAt,
        OffsetDateTime updatedAt,
        @Nullable OffsetDateTime completedAt,
        @Nullable String error) {

    /** How far it came. One that is not completed goes on from its cursor, on the same day. */
    public enum Status {
        /** By somebody, now; or whoever did it has died. */
        RUNNING,
        COMPLETED,
        FAILED,
        /** Whoever did it was told to stop. */
        INTERRUPTED
    }

    /**
     * What it has found.
     *
     * @param total items of the source, those included that are no client's record
     * @param absent clients that the source has had and has no more; 0 until the end
     */
    public record Counts(long total, long matched, long repaired, long reported, long absent) {

        /** Equal in the end. */
        public long synced() {
            return matched + repaired;
        }
    }
}
