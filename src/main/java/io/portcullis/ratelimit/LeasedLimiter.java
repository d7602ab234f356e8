package io.portcullis.ratelimit;

import io.portcullis.ratelimit.Charge.Back;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
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

    /** Where the next one is there already: nobody has to look. */
    private static final long NEVER_LOW = -1;

    private static final long SHORTEST_LEASE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Parts of the window that a lease takes at most: what is leased counts until its end, so that is the part that may be lost. */
    private static final int PARTS = 40;

    /** Asks Redis. */
    interface Asking {

        Future<Charge.Answer> ask(Charge.Several charges, Questions.Urgency urgency);

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

    /** As it was granted. */
    private record Lease(String id, long size, long end) {

        Back with(long unused) {
            return new Back(size, id, unused);
        }
    }

    private static final AtomicLongFieldUpdater<LeasedLimiter> LEFT =
            AtomicLongFieldUpdater.newUpdater(LeasedLimiter.class, "left");

    // Of the lease that is used now: 0 where there is none. A request that is admitted at once looks at these fields
    // and at no object behind them: with many subjects that is a miss of the processor's caches, dearer than all that
    // is done here. Nor does it wait for a lock, which is another one: what is left is taken from by whoever finds
    // some,
    // all else is written by whoever has the lock.
    private volatile long left;
    private volatile long low;
    private volatile long end;
    private long leftElsewhere;
    private long fullAt;
    /** What was taken then or later is of the lease that there is. */
    private long soundFrom;

    private @Nullable Lease lease;
    private @Nullable Lease nextLease;
    private @Nullable List<Back> back;
    private @Nullable Promise<Void> underWay;
    private @Nullable Refusal refusal;
    private final Demand demand = new Demand();
    private final Leasing leasing;

    /** Without a lease. */
    LeasedLimiter(
            LimitPolicy policy,
            String subject,
            LimitMeters.OfPolicy meters,
            Terms terms,
            Standing standing,
            Leasing leasing) {
        super(policy, subject, meters, terms, standing);
        this.leasing = leasing;
        this.leftElsewhere = rule().quota();
    }

    @Override
    void adopted() {
        super.adopted();
        endAll(System.nanoTime());
        refusal = null;
        leftElsewhere = rule().quota();
    }

    /** Says what was taken of the lease and not said yet, where that has so many left. */
    private void count(long now, long left) {
        long used = demand.usedDownTo(left);
        if (used != 0) {
            admitted(used, lease == null || now - lease.end() < 0 ? now : lease.end());
        }
    }

    @Override
    void forget(long now) {
        count(now, takeAll());
        use(null);
        nextLease = null;
        back = null;
        refusal = null;
    }

    @Override
    Outcome take(long now) {
        return isOfThisRedis() && now - end < 0 && takeOne() ? taken(now) : takeOrUseNext(now);
    }

    /** Where there is one left. */
    private boolean takeOne() {
        long before = left;
        while (before > 0 && !LEFT.compareAndSet(this, before, before - 1)) {
            before = left;
        }
        return before > 0;
    }

    /** So that nobody can take any more of it; returns how many there were. */
    private long takeAll() {
        return LEFT.getAndSet(this, 0);
    }

    private Outcome taken(long now) {
        return left <= low && runsLow(now) ? Outcome.ADMITTED_LOW : Outcome.ADMITTED;
    }

    private synchronized Outcome takeOrUseNext(long now) {
        look(now);
        while (holds(now)) {
            if (takeOne()) {
                return taken(now);
            }
        }
        used(now);
        if (standing.away()) {
            return takeShare(now);
        }
        shareRests(now);
        return refuses(now) ? Outcome.REFUSED : Outcome.UNKNOWN;
    }

    private boolean refuses(long now) {
        return refusal != null && refusal.holds(now);
    }

    /** To the lease that it was taken of; where that has ended, it counts as used. */
    @Override
    synchronized void giveBack(long takenAt) {
        if (lease != null && takenAt - soundFrom >= 0 && left < lease.size()) {
            LEFT.getAndIncrement(this);
        } else if (lease == null && standing.away()) {
            giveBackShare(takenAt);
        }
    }

    /** Whether there is a lease that has some left: where this one has not, it is over, and the next one is used. */
    private boolean holds(long now) {
        while (lease != null && (left == 0 || now - end >= 0)) {
            endOne(now);
            use(nextLease);
            nextLease = null;
            soundFrom = now;
        }
        return lease != null;
    }

    /** Of the one before there is nothing left. What is left is said last: then it can be taken. */
    private void use(@Nullable Lease next) {
        long size = next == null ? 0 : next.size();
        lease = next;
        low = size / LOW;
        end = next == null ? 0 : next.end();
        demand.begins(size);
        left = size;
    }

    /** The one that is used. */
    private void endOne(long now) {
        if (lease != null) {
            long unused = takeAll();
            count(now, unused);
            // Used until now, or until its end: nobody is forgotten as idle meanwhile.
            used(now - end < 0 ? now : end);
            toBack(lease.with(unused));
        }
    }

    private void endAll(long now) {
        endOne(now);
        use(null);
        endNext();
    }

    private void endNext() {
        if (nextLease != null) {
            toBack(nextLease.with(nextLease.size()));
            nextLease = null;
        }
    }

    private void toBack(Back over) {
        if (back == null) {
            back = new ArrayList<>(2);
        }
        back.add(over);
    }

    private synchronized boolean runsLow(long now) {
        return nextLease == null && underWay == null && !standing.away() && !refuses(now);
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
        Questions.Urgency urgency;
        synchronized (this) {
            if (!canWait) {
                demand.waits();
            }
            if (underWay != null) {
                if (!canWait) {
                    leasing.asking().hurry();
                }
                return underWay.future();
            }
            underWay = told;
            bringUpToDate(now);
            urgency = canWait ? Questions.Urgency.of(demand.lasts(now, left)) : Questions.Urgency.NOW;
            charge = charge(now);
        }
        leasing.asking()
                .ask(Charge.Several.of(charge), urgency)
                .onComplete(answer -> answered(charge, answer, now), failure -> failed(charge))
                .<Void>mapEmpty()
                .onComplete(told);
        return told.future();
    }

    /** What has to be given back now, where a lease has ended; null where nothing has, or where it goes with the next question. */
    synchronized @Nullable Charge reclaim(long now) {
        holds(now);
        if (back == null || underWay != null) {
            return null;
        }
        if (back.stream().allMatch(over -> over.unused() == 0)) {
            // That it was used up early says the next question; where none comes, it counts as from its end.
            back = lease == null ? null : back;
            return null;
        }
        Charge charge = new Charge(name(), rule(), 0, 0, nextId(), false, 0, back);
        back = null;
        return charge;
    }

    /** When its lease ends; now, where it has none. */
    synchronized long heldUntil() {
        Lease first = lease == null ? nextLease : lease;
        return first == null ? System.nanoTime() : first.end();
    }

    /** Whether there is a lease, or something of one to give back. */
    synchronized boolean holds() {
        return lease != null || nextLease != null || back != null;
    }

    /** Everything that it has. */
    synchronized @Nullable Charge surrender() {
        endAll(System.nanoTime());
        Charge charge = back == null ? null : new Charge(name(), rule(), 0, 0, nextId(), false, 0, back);
        back = null;
        return charge;
    }

    @Override
    synchronized long usedAt() {
        // One that is used is not asked for more.
        return lease == null || end - super.usedAt() < 0 ? super.usedAt() : end;
    }

    @Override
    boolean isAsking() {
        return underWay != null;
    }

    @Override
    String nextId() {
        return leasing.ids().next();
    }

    private void bringUpToDate(long now) {
        used(now);
        look(now);
        // One that is used up is over: it counts as from now, and not as from its end.
        holds(now);
        count(now, left);
    }

    private Charge charge(long now) {
        long leaseNanos = leaseNanos();
        long wanted = Math.min(demand.asks(now, leaseNanos, left), Math.max(1, rule().quota() / 2));
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
            if (granted.granted() == 0) {
                refusal = Refusal.of(sent, TimeUnit.MICROSECONDS.toNanos(Math.max(1_000, granted.waitMicros())));
            } else {
                refusal = null;
                Lease fresh = new Lease(charge.id(), granted.granted(), sent + charge.leaseNanos());
                if (lease == null) {
                    use(fresh);
                    soundFrom = sent - soundFrom > 0 ? sent : soundFrom;
                } else {
                    // Two may have asked one after the other, each since the first ran low.
                    endNext();
                    nextLease = fresh;
                    low = NEVER_LOW;
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
        if (!holds(now) && standing.away()) {
            return share().left(now);
        }
        return leftElsewhere + left + (nextLease == null ? 0 : nextLease.size());
    }

    @Override
    long shownLeft(long now) {
        return standing.away() ? left(now) : leftElsewhere + left;
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
        return refusal == null ? 0 : refusal.retry(now);
    }

    @Override
    synchronized long full(long now) {
        return !holds(now) && standing.away() ? share().full(now) : Math.max(0, fullAt - now);
    }
}
