package io.portcullis.freshness;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How far this process follows the change log, and up to when it may decide by what it has: fences, position and lease, as all its threads
 * see them.
 *
 * <p>All moments are on the monotonic clock ({@link System#nanoTime()}); no wall clock takes part. Written on one thread, that of the
 * {@link InvalidationVerticle}; read on any, at the cost of one volatile read.
 */
public final class Freshness {

    /**
     * What holds at a moment; replaced as a whole.
     *
     * @param seq every change up to it is applied
     * @param presence null while PostgreSQL does not know of this process
     * @param confirmed by this process's own reading, or by another's that had read no further; null where nothing counts yet
     * @param ahead by another process that has read further than this one; null where there is none
     */
    private record View(
            Fences fences,
            long seq,
            @Nullable Presence presence,
            @Nullable Confirmation confirmed,
            @Nullable Confirmation ahead) {

        boolean isPresent(long nowNanos) {
            return presence != null && nowNanos - presence.untilNanos() < 0;
        }
    }

    /** PostgreSQL has a heartbeat of this process, without a gap since one moment, and others wait for it until another. */
    private record Presence(long sinceNanos, long untilNanos, long graceNanos) {}

    /** Every change up to the moment {@code nanos} is one up to {@code seq}. */
    private record Confirmation(long seq, long nanos) {

        boolean isWithin(long spanNanos, long nowNanos) {
            return nowNanos - nanos < spanNanos;
        }

        static boolean isLater(long nanos, @Nullable Confirmation than) {
            return than == null || nanos - than.nanos() > 0;
        }
    }

    private final long leaseNanos;
    /** The configured one. */
    private volatile long graceNanos;

    /** The longest that a client held here has of its own. */
    private final AtomicLong longestGraceNanos = new AtomicLong();

    private volatile View view = new View(Fences.NONE, 0, null, null, null);

    /**
     * Nothing is known yet, and nothing decides.
     *
     * @param lease how long after the last confirmed look at the log this process decides by what it has
     * @param grace how much longer where nothing can confirm; a client may have its own
     */
    public Freshness(Duration lease, Duration grace) {
        this.leaseNanos = lease.toNanos();
        this.graceNanos = grace.toNanos();
    }

    /**
     * Another grace than the configured one so far, from now on. A longer one counts only as far as it was announced to the other nodes, that
     * is, from the next heartbeat on; a shorter one counts at once, and others wait for the longer until then. From any thread.
     */
    public void grace(Duration grace) {
        graceNanos = grace.toNanos();
    }

    /** The fences that stand now; a record that was admitted by others belongs to another epoch. */
    public Fences fences() {
        return view.fences();
    }

    /** Whether records of this process decide without asking anybody. */
    public boolean isFresh(long nowNanos) {
        return isFresh(view, nowNanos);
    }

    /**
     * Whether a record of this process may decide where nobody can confirm it.
     *
     * @param clientGraceSeconds the client's own grace, null for the configured one. One that is longer counts as far as it was announced to
     *     the other nodes, who wait for that long
     */
    public boolean isInGrace(@Nullable Integer clientGraceSeconds, long nowNanos) {
        View now = view;
        if (now.presence() == null || now.confirmed() == null || !now.isPresent(nowNanos)) {
            return false;
        }
        long own = clientGraceSeconds == null ? graceNanos : nanos(clientGraceSeconds);
        return now.confirmed()
                .isWithin(leaseNanos + Math.min(own, now.presence().graceNanos()), nowNanos);
    }

    /**
     * Whether an answer of a tier may decide.
     *
     * @param confirmedNanos as of when the tier knew it to be true
     * @param askedNanos when the request that is to be decided began to ask. A process that others do not wait for believes nothing from
     *     before
     */
    public boolean isConfirmedLately(long confirmedNanos, long askedNanos, long nowNanos) {
        return nowNanos - confirmedNanos < leaseNanos && (view.isPresent(nowNanos) || confirmedNanos - askedNanos >= 0);
    }

    /**
     * As of when an admitted record of the shared cache is known to be true; null where it is not.
     *
     * @param asOf seq that was visible when it was read from PostgreSQL
     */
    public @Nullable Long sharedRecordConfirmedAt(long asOf, long nowNanos) {
        View now = view;
        if (isFresh(now, nowNanos) && now.confirmed() != null) {
            return now.confirmed().nanos();
        }
        return isFollowedByAnother(now, nowNanos)
                        && now.ahead() != null
                        && asOf >= now.ahead().seq()
                ? now.ahead().nanos()
                : null;
    }

    /** The position this process has applied: a loader asks for it before it reads. */
    public Position position() {
        View now = view;
        return new Position(now.fences().epoch(), now.seq());
    }

    /** Told of each client that is held, so that a grace longer than the configured one is announced before it is used. */
    public void holds(@Nullable Integer clientGraceSeconds) {
        if (clientGraceSeconds != null && nanos(clientGraceSeconds) > longestGraceNanos.get()) {
            longestGraceNanos.accumulateAndGet(nanos(clientGraceSeconds), Math::max);
        }
    }

    /** How this process stands with the log. */
    public LeaseState state(long nowNanos) {
        View now = view;
        if (isFresh(now, nowNanos)) {
            return LeaseState.HELD;
        }
        if (isFollowedByAnother(now, nowNanos)) {
            return LeaseState.SHARED;
        }
        return isInGrace(null, nowNanos) ? LeaseState.GRACE : LeaseState.LOST;
    }

    /** Seconds since the last moment as of which every change is applied here; not a number where there is none. */
    double unconfirmedSeconds(long nowNanos) {
        Confirmation confirmed = view.confirmed();
        return confirmed == null ? Double.NaN : (nowNanos - confirmed.nanos()) / 1e9;
    }

    long leaseNanos() {
        return leaseNanos;
    }

    /** The grace to announce: the longest that any client held here has, the configured one included. */
    long graceToAnnounceNanos() {
        return Math.max(graceNanos, longestGraceNanos.get());
    }

    /** A new epoch, or a gap in the log: nothing that was held counts any more, only what is read at or after {@code seq}. */
    void startOver(Fences fences, long seq) {
        View now = view;
        view = new View(fences, seq, now.presence(), now.confirmed(), null);
    }

    /** Every change up to {@code seq} is applied. */
    void advanced(long seq) {
        View now = view;
        view = new View(now.fences(), seq, now.presence(), now.confirmed(), now.ahead());
    }

    /** Every change before that moment is applied. Does not count from before this process was present: nobody would have waited for it. */
    void confirmed(long nanos) {
        View now = view;
        if (now.presence() != null
                && nanos - now.presence().sinceNanos() >= 0
                && Confirmation.isLater(nanos, now.confirmed())) {
            view = new View(now.fences(), now.seq(), now.presence(), new Confirmation(now.seq(), nanos), now.ahead());
        }
    }

    /** As {@link #confirmed}, by another process: up to that moment there was no change above {@code seq}. */
    void confirmedByAnother(Position position, long nanos) {
        View now = view;
        if (!now.fences().isEpoch(position.epoch())) {
            return;
        }
        if (position.seq() <= now.seq()) {
            confirmed(nanos);
        } else if (now.presence() != null
                && nanos - now.presence().sinceNanos() >= 0
                && Confirmation.isLater(nanos, now.ahead())) {
            view = new View(
                    now.fences(), now.seq(), now.presence(), now.confirmed(), new Confirmation(position.seq(), nanos));
        }
    }

    /**
     * PostgreSQL has this process's heartbeat: a barrier waits for it, for lease and grace from the beat's sending.
     *
     * @return whether there was a gap in which nobody had to wait; then what was read before it ended does not count
     */
    boolean present(long sentNanos, long ackNanos, long announcedGraceNanos) {
        View now = view;
        long until = sentNanos + leaseNanos + announcedGraceNanos;
        boolean gap = !now.isPresent(ackNanos);
        view = gap || now.presence() == null
                ? new View(now.fences(), now.seq(), new Presence(ackNanos, until, announcedGraceNanos), null, null)
                : new View(
                        now.fences(),
                        now.seq(),
                        new Presence(now.presence().sinceNanos(), until, announcedGraceNanos),
                        now.confirmed(),
                        now.ahead());
        return gap;
    }

    private boolean isFresh(View now, long nowNanos) {
        return now.confirmed() != null && now.confirmed().isWithin(leaseNanos, nowNanos) && now.isPresent(nowNanos);
    }

    private boolean isFollowedByAnother(View now, long nowNanos) {
        return now.ahead() != null && now.ahead().isWithin(leaseNanos, nowNanos) && now.isPresent(nowNanos);
    }

    private static long nanos(int seconds) {
        return seconds * 1_000_000_000L;
    }
}
