package io.portcullis.ratelimit;

import io.vertx.core.Future;

/** A limit that each node keeps for itself. */
final class LocalLimiter extends Limiter {

    private LocalBudget budget;
    private volatile long usedAt = System.nanoTime();

    LocalLimiter(LimitPolicy policy, String subject, LimitMeters.OfPolicy meters, Terms terms) {
        super(policy, subject, meters, terms);
        this.budget = LocalBudget.of(terms.rule());
    }

    @Override
    void adopted() {
        budget = LocalBudget.of(rule());
    }

    @Override
    synchronized Outcome take(long now) {
        usedAt = now;
        return budget.take(now) ? Outcome.ADMITTED : Outcome.REFUSED;
    }

    @Override
    long usedAt() {
        return usedAt;
    }

    @Override
    synchronized void giveBack(long now) {
        budget.giveBack(now);
    }

    @Override
    Future<Void> ask(long now) {
        return Future.succeededFuture();
    }

    @Override
    synchronized long left(long now) {
        return budget.left(now);
    }

    @Override
    synchronized long retry(long now) {
        return budget.until(now);
    }

    @Override
    synchronized long full(long now) {
        return budget.full(now);
    }
}
