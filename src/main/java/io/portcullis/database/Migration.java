package io.portcullis.database;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One step of the schema.
 *
 * @param version what orders the steps, for example {@code 2}
 * @param description the words of the script's name
 * @param installedOn when this database took the step; null while it has not
 */
public record Migration(
        String version,
        String description,
        State state,
        @Nullable Instant installedOn) {

    /** Where a database stands with a step. */
    public enum State {
        /** Known to this build, not yet applied. */
        PENDING,
        APPLIED,
        /** Applied by a newer build than this one. */
        NEWER,
        /** Applied, but this build no longer has its script; or left half done by another tool. */
        BROKEN
    }
}
