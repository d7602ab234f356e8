package io.portcullis.cache;

import org.jspecify.annotations.Nullable;

/**
 * Where a consumer group stands, all of it at one moment.
 *
 * @param length entries in the stream
 * @param behind entries in the stream that nobody of the group was given yet; null where Redis cannot tell, after entries were deleted
 * @param pending entries that were given to somebody and not acknowledged
 * @param lastDelivered the newest that was given to anybody
 * @param oldestPending null if there is none
 * @param oldestUnread the first that nobody was given yet; null if there is none
 * @param lost entries that went out of the stream before anybody of the group was given them, as far as that was not told before: to
 *     whoever asks first, once. 0 before Redis 7, which does not count
 * @param clockMillis since 1970 by the server's clock, which also names entries
 */
public record GroupStanding(
        long length,
        @Nullable Long behind,
        long pending,
        StreamId lastDelivered,
        @Nullable StreamId oldestPending,
        @Nullable StreamId oldestUnread,
        long lost,
        long clockMillis) {

    /** How old the oldest entry is that is not acknowledged; 0 if there is none. */
    public long oldestAgeMillis() {
        StreamId oldest = oldestPending;
        if (oldest == null || (oldestUnread != null && oldestUnread.compareTo(oldest) < 0)) {
            oldest = oldestUnread;
        }
        // A name that its writer chose says what it likes of the time.
        return oldest == null || oldest.millis() < 0 ? 0 : Math.max(0, clockMillis - oldest.millis());
    }
}
