package io.portcullis.freshness;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a record decides after it was read from PostgreSQL: freely for the lease, for the grace more while no tier can confirm it.
 *
 * @param lease longest age of a record that is served without asking
 * @param grace how much longer while nothing can be asked; a client may have its own
 */
public record FreshnessWindow(Duration lease, Duration grace) {

    /** Nanoseconds, on {@link System#nanoTime()}'s clock, up to which a record read at {@code loadedAtMillis} is served without asking. */
    public long freshUntilNanos(long loadedAtMillis, long nowMillis, long nowNanos) {
        // Wall clocks of two nodes differ, and one can be set back: an age is never below zero, nor does it buy more
        // than the lease.
        long ageMillis = Math.max(0, nowMillis - loadedAtMillis);
        return nowNanos + Math.max(0, lease.toNanos() - ageMillis * 1_000_000);
    }

    /** Nanoseconds past the lease in which a record of this client is served while nothing can confirm it. */
    public long graceNanos(@Nullable Integer clientGraceSeconds) {
        return clientGraceSeconds == null
                ? grace.toNanos()
                : Duration.ofSeconds(clientGraceSeconds).toNanos();
    }
}
