package io.portcullis.ratelimit;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** One subject under one policy, as this node knows it. Thread-safe; all moments are of {@link System#nanoTime()}. */
abstract class Limiter {

    /** What came of asking for one. */
    enum Outcome {
        ADMITTED,
        /** And it should {@link #prefetch} soon. */
        ADMITTED_LOW,
        REFUSED,
        /** Redis has to be asked, which this limiter does by itself: {@link #ask}. */
        UNKNOWN,
        /** Redis has to be asked for this request. */
        ASKS_EACH,
        /** Redis cannot be asked, and without it nobody is admitted. */
        CLOSED
    }

    final LimitPolicy policy;
    final String subject;
    final LimitMeters.OfPolicy meters;
    private volatile Terms terms;
    private volatile PolicyLimiters.@Nullable Generation home;

    Limiter(LimitPolicy policy, String subject, LimitMeters.OfPolicy meters, Terms terms) {
        this.policy = policy;
        this.subject = subject;
        this.meters = meters;
        this.terms = terms;
    }

    final Terms terms() {
        return terms;
    }

    final Rule rule() {
        return terms.rule();
    }

    /** Of its entries in Redis. */
    final String name() {
        return policy.name() + "|" + subject;
    }

    /** Whether a look-up would find it: then there is no need of one. */
    final boolean isAtHand() {
        PolicyLimiters.Generation found = home;
        return found != null && found.isYoung();
    }

    /** A look-up finds it in that one from now on. */
    final synchronized void foundIn(PolicyLimiters.Generation generation) {
        home = generation;
    }

    /** It is not found there any more. It may be in another one since. */
    final synchronized void goneFrom(PolicyLimiters.Generation generation) {
        if (home == generation) {
            home = null;
        }
    }

    /** Another rule from now on, where it has changed. */
    final synchronized void adopt(Terms changed) {
        if (!changed.rule().equals(rule())) {
            terms = changed;
            adopted();
        }
    }

    /** There is another rule: what was granted under the former one may be too much. Guarded by this. */
    abstract void adopted();

    /** One more. */
    abstract Outcome take(long now);

    /** The one that was taken then was none: another limit has refused. */
    abstract void giveBack(long takenAt);

    /** Asks for more before it has to. */
    void prefetch(long now) {}

    /** When it was asked for last; of an old look is good enough. */
    abstract long usedAt();

    /** Asks; completes when {@link #take} knows more. Does not fail. */
    abstract Future<Void> ask(long now);

    /** So many are left, as far as this node knows. */
    abstract long left(long now);

    /** As {@link #left}, as of the last request, for an answer. */
    long shownLeft(long now) {
        return left(now);
    }

    /** As {@link #full}, the same. */
    long shownFull(long now) {
        return full(now);
    }

    /** Nanoseconds until one would be admitted; 0 where it would be. */
    abstract long retry(long now);

    /** Nanoseconds until all are there again, as far as this node knows. */
    abstract long full(long now);
}
