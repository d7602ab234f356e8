package io.portcullis.freshness;

import java.time.Instant;

/**
 * What PostgreSQL knows of one node. Times are PostgreSQL's.
 *
 * @param isInEpoch whether its position is of the epoch in force
 * @param appliedSeq every change up to it is applied there
 * @param silentMillis since its last heartbeat
 * @param acceptsUntil when it stops to decide by what it has, should it not be heard of again
 * @param hasExpired whether that has passed
 */
public record NodeStatus(
        String id,
        String name,
        boolean isInEpoch,
        long appliedSeq,
        Instant startedAt,
        long silentMillis,
        Instant acceptsUntil,
        boolean hasExpired) {

    /** A node beats every second at least; one that misses three beats is cut off, stopped or gone. */
    private static final long SILENT_AFTER_MILLIS = 3_000;

    public boolean hasApplied(long seq) {
        return isInEpoch && appliedSeq >= seq;
    }

    public boolean isSilent() {
        return silentMillis > SILENT_AFTER_MILLIS;
    }

    /** Whether it may still accept what a change up to {@code seq} has taken back. */
    boolean holdsUp(long seq) {
        return !hasApplied(seq) && !hasExpired;
    }
}
