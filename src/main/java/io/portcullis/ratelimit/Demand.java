package io.portcullis.ratelimit;

import java.util.concurrent.TimeUnit;

/** How much of a limit this node is going to use, by what it has used since it asked last. Not thread-safe: its limiter guards it. */
final class Demand {

    /** Within a shorter time nothing is learned of a pace. */
    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Times as much at most as was used. */
    private static final double GROWTH = 8;

    /** What the lease had left when it was looked at last. */
    private long seen;

    private long used;
    private long waiting;
    private long askedAt;
    private boolean asked;

    /** Another lease is used from now on; 0 for none. */
    void begins(long left) {
        seen = left;
    }

    /** So many are left of the lease now. Returns how many were used since it was looked at last; negative where some were none. */
    long usedDownTo(long left) {
        long since = seen - left;
        seen = left;
        used += since;
        return since;
    }

    /** A request waits for the next answer. */
    void waits() {
        waiting++;
    }

    /** Nanoseconds that so many last, if it goes on like that; 0 where nothing is known of that yet. */
    long lasts(long now, long left) {
        return asked && used > 0 ? (long) ((double) left / used * (now - askedAt)) : 0;
    }

    /**
     * As much as will be used in that time, if it goes on like that, beside what is left, for that is used first; at least what is waited for. Is
     * asked for now.
     */
    long asks(long now, long leaseNanos, long left) {
        long elapsed = asked ? Math.max(1, now - askedAt) : leaseNanos;
        double pace = (double) used / Math.max(elapsed, SHORTEST_NANOS);
        long wanted = (long) Math.ceil(Math.min(pace * leaseNanos, GROWTH * used)) - left;
        wanted = Math.max(1, Math.max(wanted, waiting));
        askedAt = now;
        asked = true;
        used = 0;
        waiting = 0;
        return wanted;
    }
}
