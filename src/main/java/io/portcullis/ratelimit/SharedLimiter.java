package io.portcullis.ratelimit;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A limit that is kept in Redis. While Redis is away it goes by this node's share, and what it admits so it tells Redis later; so it does with
 * what it has admitted lately, where Redis has lost what it knew. Guarded by this.
 */
abstract class SharedLimiter extends Limiter {

    final Standing standing;
    private final Admitted admitted = new Admitted();
    private @Nullable LocalBudget share;
    private volatile long generation;
    private long usedAt = System.nanoTime();

    SharedLimiter(LimitPolicy policy, String subject, LimitMeters.OfPolicy meters, Terms terms, Standing standing) {
        super(policy, subject, meters, terms);
        this.standing = standing;
        this.generation = standing.generation();
    }

    @Override
    void adopted() {
        share = null;
    }

    /** Whether what Redis has granted was granted by the one that there is now. Without the lock: it may have come just now. */
    final boolean isOfThisRedis() {
        return standing.generation() == generation;
    }

    /** Sees whether Redis is another one than it was; then what was granted by that one is void, and told to the new one. */
    final void look(long now) {
        long current = standing.generation();
        if (current != generation) {
            another(now, current);
        }
    }

    private void another(long now, long current) {
        if (generation != Standing.NONE) {
            forget(now);
            admitted.lost(now, windowNanos());
        }
        generation = current;
    }

    private long windowNanos() {
        return TimeUnit.MILLISECONDS.toNanos(rule().windowMillis());
    }

    /** Was asked for then. What a lease admits need not say so: see {@link #usedAt}. */
    final void used(long now) {
        usedAt = now;
    }

    @Override
    synchronized long usedAt() {
        return usedAt;
    }

    /** What Redis has granted does not count any more. What was taken of it and not said yet is said by {@link #admitted}. */
    abstract void forget(long now);

    /** By this node's share. */
    final Outcome takeShare(long now) {
        if (policy.away() == RedisAway.CLOSED) {
            return Outcome.CLOSED;
        }
        if (!share().take(now)) {
            return Outcome.REFUSED;
        }
        admitted.addWithoutRedis(now, windowNanos());
        return Outcome.ADMITTED;
    }

    final void giveBackShare(long now) {
        share().giveBack(now);
        admitted.notWithoutRedis();
    }

    final LocalBudget share() {
        if (share == null) {
            share = LocalBudget.of(rule(), standing.nodes());
        }
        return share;
    }

    /** Redis is there. It may be away again before the window is over in which the share was used: then that is used still. */
    final void shareRests(long now) {
        if (share != null && share.full(now) == 0) {
            share = null;
        }
    }

    /** So many; negative where those were fewer than was said. */
    final void admitted(long number, long then) {
        admitted.add(number, then, windowNanos());
    }

    /** What Redis has to be told. */
    final long carried() {
        return admitted.untold();
    }

    final void told(long number) {
        admitted.told(number);
    }

    /** What of a request Redis is asked for, where it is asked for each; null where it is not. */
    @Nullable
    Charge chargeOfOne() {
        return null;
    }

    /** What came of that. */
    void heard(Charge charge, Charge.Granted granted, long now) {}

    /** Whether Redis is just being asked, and told. */
    boolean isAsking() {
        return false;
    }

    /** What a Redis that is new has to be told; null where there is nothing, or where it is just being told. Is taken for told. */
    final synchronized @Nullable Charge carry(long now) {
        look(now);
        long telling = carried();
        if (telling == 0 || isAsking()) {
            return null;
        }
        told(telling);
        return new Charge(name(), rule(), 0, 0, nextId(), false, telling, List.of());
    }

    /** It was not heard. */
    final synchronized void notTold(long number) {
        admitted.notTold(number);
    }

    abstract String nextId();
}
