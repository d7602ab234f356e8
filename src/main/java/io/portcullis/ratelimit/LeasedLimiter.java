package io.portcullis.ratelimit;

import io.portcullis.ratelimit.Charge.Back;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A limit of which this node takes a few at a time from Redis, to spend them in memory. A lease ends at the moment it was asked for plus its
 * time, by this node's monotonic clock, and in Redis not before; what is left of it then is given back. While there is something left, and the
 * next lease is asked for before it runs out, a request makes no hop, allocates nothing, and waits for nobody but another request of the same
 * subject.
 *
 * <p>How much it asks for follows how much was used since it asked last.
 */
final class LeasedLimiter extends SharedLimiter {

    /** A lease is asked for when of the last one only a part is left: one in so many. */
    private static final int LOW = 4;

    /** Whoever is refused does not ask again before he may be admitted, but for this long at most: somebody may have reset the limit. */
    private static final long MOST_REFUSED_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long SHORTEST_LEASE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Parts of the window that a lease takes at most: what is leased counts until its end, so that is the part that may be lost. */
    private static final int PARTS = 40;

    /** Asks Redis. */
    interface Asking {

        /** @param canWait for others that will be asked for: nobody waits for it yet */
        Future<Charge.Answer> ask(Charge.Several charges, boolean canWait);

        /** Somebody waits for one of those that could. */
        void hurry();
    }

    /**
     * How it leases.
     *
     * @param longestNanos of one; a short window has shorter ones
     * @param holds is told when there is a lease that may have to be given back
     */
    record Leasing(Asking asking, Ids ids, long longestNanos, Consumer<LeasedLimiter> holds) {}

    private static final class Lease {
        private final String id;
        private final long size;
        private final long end;
        private long left;

        Lease(String id, long size, long end) {
            this.id = id;
            this.size = size;
            this.end = end;
            this.left = size;
        }
    }

    private final Leasing leasing;
    private @Nullable Lease lease;
    private @Nullable Lease nextLease;
    private @Nullable List<Back> back;
    private @Nullable Promise<Void> underWay;
    private long waiting;
    private long usedSinceAsked;
    private long askedAt;
    private boolean askedEver;
    private boolean refused;
    private long refusedUntil;
    private long retryAt;
    private long leftElsewhere;
    /** What was taken then or later is of the lease that there is. */
    private long soundFrom;

    private long fullAt;

    /** Without a lease. */
    LeasedLimiter(
            LimitPolicy policy,
            String subject,
            LimitMeters.OfPolicy meters,
            Rule rule,
            Standing standing,
            Leasing leasing) {
        super(policy, subject, meters, rule, standing);
        this.leasing = leasing;
        this.leftElsewhere = rule.quota();
    }

    @Override
    synchronized void adopt(Rule changed) {
        if (!changed.equals(rule())) {
            // What is leased under the former rule may be too much for this one.
            end(lease);
            end(nextLease);
            lease = null;
            nextLease = null;
            refused = false;
            leftElsewhere = changed.quota();
        }
        super.adopt(changed);
    }

    @Override
    void forget() {
        lease = null;
        nextLease = null;
        back = null;
        refused = false;
    }

    @Override
    synchronized Outcome take(long now) {
        look(now);
        Lease held = held(now);
        if (held != null) {
            held.left--;
            usedSinceAsked++;
            admitted(now);
            return runsLow(held, now) ? Outcome.ADMITTED_LOW : Outcome.ADMITTED;
        }
        if (standing.away()) {
            return takeShare(now);
        }
        shareRests(now);
        return refused && now - refusedUntil < 0 ? Outcome.REFUSED : Outcome.UNKNOWN;
    }

    /** To the lease that it was taken of; where that has ended, it counts as used. */
    @Override
    synchronized void giveBack(long takenAt) {
        Lease held = lease;
        if (held != null && takenAt - soundFrom >= 0 && held.left < held.size) {
            held.left++;
            usedSinceAsked--;
            notAdmitted();
        } else if (held == null && standing.away()) {
            giveBackShare(takenAt);
        }
    }

    /** The lease that has some left; null where none has. */
    private @Nullable Lease held(long now) {
        Lease held = lease;
        if (held == null || (held.left > 0 && now - held.end < 0)) {
            return held;
        }
        end(held);
        soundFrom = now;
        lease = nextLease;
        nextLease = null;
        return lease == null ? null : held(now);
    }

    private void end(@Nullable Lease over) {
        if (over != null) {
            if (back == null) {
                back = new ArrayList<>(2);
            }
            back.add(new Back(over.size, over.id, over.left));
        }
    }

    private boolean runsLow(Lease held, long now) {
        return held.left * LOW <= held.size
                && nextLease == null
                && underWay == null
                && !standing.away()
                && !(refused && now - refusedUntil < 0);
    }

    @Override
    void prefetch(long now) {
        ask(now, true);
    }

    @Override
    Future<Void> ask(long now) {
        return ask(now, false);
    }

    /** @param canWait where nobody waits for it yet */
    private Future<Void> ask(long now, boolean canWait) {
        Promise<Void> told = Promise.promise();
        Charge charge;
        synchronized (this) {
            waiting += canWait ? 0 : 1;
            if (underWay != null) {
                if (!canWait) {
                    leasing.asking().hurry();
                }
                return underWay.future();
            }
            underWay = told;
            charge = charge(now);
        }
        leasing.asking()
                .ask(Charge.Several.of(charge), canWait)
                .onComplete(answer -> answered(charge, answer, now), failure -> failed(charge))
                .<Void>mapEmpty()
                .onComplete(told);
        return told.future();
    }

    /** What has to be given back now; null where nothing has, or where it goes with the next question. */
    synchronized @Nullable Charge reclaim(long now) {
        held(now);
        if (back == null || underWay != null) {
            return null;
        }
        Charge charge = new Charge(name(), rule(), 0, 0, nextId(), false, 0, back);
        back = null;
        return charge;
    }

    /** When its lease ends; now, where it has none. */
    synchronized long heldUntil() {
        Lease first = lease == null ? nextLease : lease;
        return first == null ? System.nanoTime() : first.end;
    }

    /** Whether there is a lease, or something of one to give back. */
    synchronized boolean holds() {
        return lease != null || nextLease != null || back != null;
    }

    /** Everything that it has. */
    synchronized @Nullable Charge surrender() {
        end(lease);
        end(nextLease);
        lease = null;
        nextLease = null;
        Charge charge = back == null ? null : new Charge(name(), rule(), 0, 0, nextId(), false, 0, back);
        back = null;
        return charge;
    }

    @Override
    boolean isAsking() {
        return underWay != null;
    }

    @Override
    String nextId() {
        return leasing.ids().next();
    }

    private Charge charge(long now) {
        look(now);
        // One that is used up is over: it counts as from now, and not as from its end.
        held(now);
        long leaseNanos = leaseNanos();
        long elapsed = askedEver ? Math.max(1, now - askedAt) : leaseNanos;
        // As much as will be used until it ends, if it goes on like that; eight times as much at most as went since.
        double pace = (double) usedSinceAsked / Math.max(elapsed, TimeUnit.MILLISECONDS.toNanos(1));
        long wanted = (long) Math.ceil(Math.min(pace * leaseNanos, 8.0 * usedSinceAsked));
        wanted = Math.max(1, Math.max(wanted, waiting));
        wanted = Math.min(wanted, Math.max(1, rule().quota() / 2));
        askedAt = now;
        askedEver = true;
        usedSinceAsked = 0;
        waiting = 0;
        List<Back> given = back == null ? List.of() : back;
        back = null;
        return new Charge(name(), rule(), wanted, leaseNanos, nextId(), false, carried(), given);
    }

    private long leaseNanos() {
        long part = rule() instanceof Rule.TokenBucket bucket
                ? (long) (bucket.burst() / bucket.perSecond() * 1e9 / 2)
                : rule().windowMillis() * 1_000_000 / PARTS;
        return Math.max(SHORTEST_LEASE_NANOS, Math.min(leasing.longestNanos(), part));
    }

    private void answered(Charge charge, Charge.Answer answer, long sent) {
        Charge.Granted granted = answer.granted().get(0);
        boolean held = false;
        synchronized (this) {
            underWay = null;
            look(sent);
            told(charge.carried());
            leftElsewhere = Math.max(0, granted.left());
            fullAt = sent + TimeUnit.MICROSECONDS.toNanos(granted.fullMicros());
            refused = granted.granted() == 0;
            if (refused) {
                long wait = TimeUnit.MICROSECONDS.toNanos(Math.max(1_000, granted.waitMicros()));
                retryAt = sent + wait;
                refusedUntil = sent + Math.min(wait, MOST_REFUSED_NANOS);
            } else {
                Lease fresh = new Lease(charge.id(), granted.granted(), sent + charge.leaseNanos());
                if (lease == null) {
                    lease = fresh;
                    soundFrom = sent - soundFrom > 0 ? sent : soundFrom;
                } else {
                    // Two may have asked one after the other, each since the first ran low.
                    end(nextLease);
                    nextLease = fresh;
                }
                held = true;
            }
        }
        if (held) {
            leasing.holds().accept(this);
        }
    }

    private synchronized void failed(Charge charge) {
        underWay = null;
        // It may have been heard all the same: then it is told twice, which is too much and not too little.
        notGivenBack(charge);
    }

    /** It has to be given back again. Where it was heard all the same, Redis knows it by its id. */
    synchronized void notGivenBack(Charge charge) {
        if (!charge.back().isEmpty()) {
            if (back == null) {
                back = new ArrayList<>(charge.back());
            } else {
                back.addAll(charge.back());
            }
        }
    }

    @Override
    synchronized long left(long now) {
        Lease held = held(now);
        if (held == null && standing.away()) {
            return share().left(now);
        }
        return leftElsewhere + (held == null ? 0 : held.left) + (nextLease == null ? 0 : nextLease.left);
    }

    @Override
    long shownLeft(long now) {
        Lease held = lease;
        return standing.away() || held == null ? left(now) : leftElsewhere + held.left;
    }

    @Override
    long shownFull(long now) {
        return standing.away() ? full(now) : Math.max(0, fullAt - now);
    }

    @Override
    synchronized long retry(long now) {
        if (standing.away()) {
            return share().until(now);
        }
        return refused ? Math.max(0, retryAt - now) : 0;
    }

    @Override
    synchronized long full(long now) {
        return standing.away() ? share().full(now) : Math.max(0, fullAt - now);
    }
}
