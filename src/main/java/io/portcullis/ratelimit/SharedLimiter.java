package io.portcullis.ratelimit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A limit that is kept in Redis. While Redis is away it goes by this node's share, and what it admits so it tells Redis later; so it does with
 * what it has admitted lately, where Redis has lost what it knew. Guarded by this.
 */
abstract class SharedLimiter extends Limiter {

    final Standing standing;
    private volatile Rule rule;
    private @Nullable LocalBudget share;
    /** Admitted without Redis, or known to a Redis that is no more, and not told yet. */
    private long carried;

    private long generation;

    // What was admitted in this span, as long as the window, and in the one before: at least what any window has seen.
    private long spanBegan;
    private long admittedNow;
    private long admittedBefore;
    private boolean used;
    private long usedAt = System.nanoTime();

    SharedLimiter(LimitPolicy policy, String subject, LimitMeters.OfPolicy meters, Rule rule, Standing standing) {
        super(policy, subject, meters);
        this.rule = rule;
        this.standing = standing;
        this.generation = standing.generation();
    }

    @Override
    synchronized void adopt(Rule changed) {
        if (changed != rule && !changed.equals(rule)) {
            rule = changed;
            tell(changed);
            share = null;
        }
    }

    @Override
    final Rule rule() {
        return rule;
    }

    /** Sees whether Redis is another one than it was; then what was granted by that one is void, and told to the new one. */
    final void look(long now) {
        usedAt = now;
        long current = standing.generation();
        if (current == generation) {
            return;
        }
        if (generation != Standing.NONE) {
            turn(now);
            carried = Math.max(carried, admittedNow + admittedBefore);
            forget();
        }
        generation = current;
    }

    @Override
    final synchronized long usedAt() {
        return usedAt;
    }

    /** What Redis has granted does not count any more. */
    abstract void forget();

    /** By this node's share. */
    final Outcome takeShare(long now) {
        if (policy.away() == RedisAway.CLOSED) {
            return Outcome.CLOSED;
        }
        if (!share().take(now)) {
            return Outcome.REFUSED;
        }
        carried++;
        admitted(now);
        return Outcome.ADMITTED;
    }

    final void giveBackShare(long now) {
        share().giveBack(now);
        carried = Math.max(0, carried - 1);
        admittedNow = Math.max(0, admittedNow - 1);
    }

    final LocalBudget share() {
        if (share == null) {
            share = LocalBudget.of(rule, standing.nodes());
        }
        return share;
    }

    /** Redis is there. It may be away again before the window is over in which the share was used: then that is used still. */
    final void shareRests(long now) {
        if (share != null && share.full(now) == 0) {
            share = null;
        }
    }

    final void admitted(long now) {
        turn(now);
        admittedNow++;
    }

    final void notAdmitted() {
        admittedNow = Math.max(0, admittedNow - 1);
    }

    final long carried() {
        return carried;
    }

    /** Was told; what came in between was not. */
    final void told(long number) {
        carried = Math.max(0, carried - number);
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
        long used = usedAt;
        look(now);
        usedAt = used;
        if (carried == 0 || isAsking()) {
            return null;
        }
        Charge charge = new Charge(name(), rule, 0, 0, nextId(), false, carried, List.of());
        carried = 0;
        return charge;
    }

    /** It was not heard. */
    final synchronized void notTold(long number) {
        carried += number;
    }

    abstract String nextId();

    private void turn(long now) {
        long span = rule.windowMillis() * 1_000_000;
        if (!used || now - spanBegan >= 2 * span) {
            admittedBefore = 0;
            admittedNow = 0;
            spanBegan = now;
            used = true;
        } else if (now - spanBegan >= span) {
            admittedBefore = admittedNow;
            admittedNow = 0;
            spanBegan += span;
        }
    }
}
