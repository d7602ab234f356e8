package io.portcullis.ratelimit;

import io.vertx.core.Future;

/** A limit that each node keeps for itself. */
final class LocalLimiter extends Limiter {

    private volatile Rule rule;
    private LocalBudget budget;
    private volatile long usedAt = System.nanoTime();

    LocalLimiter(LimitPolicy policy, String subject, LimitMeters.OfPolicy meters, Rule rule) {
        super(policy, subject, meters);
        this.rule = rule;
        this.budget = LocalBudget.of(rule);
    }

    @Override
    synchronized void adopt(Rule changed) {
        if (!changed.equals(rule)) {
            rule = changed;
            tell(changed);
            budget = LocalBudget.of(changed);
        }
    }

    @Override
    Rule rule() {
        return rule;
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
