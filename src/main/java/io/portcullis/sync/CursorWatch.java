package io.portcullis.sync;

import org.jspecify.annotations.Nullable;

/** Sees that cursors come round again, whatever the length of the circle, and holds but one of them (R. P. Brent, 1980). */
final class CursorWatch {

    private @Nullable String kept;
    private long steps;
    private long limit = 1;

    /** Whether this one was there before, sooner or later: within three rounds of a circle. */
    boolean goesRound(String cursor) {
        if (cursor.equals(kept)) {
            return true;
        }
        steps++;
        if (steps == limit) {
            steps = 0;
            limit *= 2;
            kept = cursor;
        }
        return false;
    }
}
