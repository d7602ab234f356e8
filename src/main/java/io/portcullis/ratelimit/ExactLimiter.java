package io.portcullis.ratelimit;

import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A limit that is asked for each request. Where Redis has just refused, it is not asked again before it may admit, for a second at most. */
final class ExactLimiter extends SharedLimiter {

    private final Ids ids;
    private @Nullable Refusal refusal;
    private long left;
    private long fullAt;

    ExactLimiter(
            LimitPolicy policy, String subject, LimitMeters.OfPolicy meters, Terms terms, Standing standing, Ids ids) {
        super(policy, subject, meters, terms, standing);
        this.ids = ids;
        this.left = rule().quota();
    }

    @Override
    void forget(long now) {
        refusal = null;
    }

    @Override
    synchronized Outcome take(long now) {
        used(now);
        look(now);
        if (standing.away()) {
            return takeShare(now);
        }
        shareRests(now);
        return refusal != null && refusal.holds(now) ? Outcome.REFUSED : Outcome.ASKS_EACH;
    }

    @Override
    synchronized void giveBack(long now) {
        if (standing.away()) {
            giveBackShare(now);
        }
    }

    @Override
    Future<Void> ask(long now) {
        return Future.succeededFuture();
    }

    /** What has to be told goes with one request, however many are under way. */
    @Override
    synchronized Charge chargeOfOne() {
        long telling = carried();
        told(telling);
        return new Charge(name(), rule(), 1, 0, ids.next(), !policy.shadow(), telling, List.of());
    }

    @Override
    synchronized void heard(Charge charge, Charge.Granted granted, long now) {
        left = Math.max(0, granted.left());
        fullAt = now + TimeUnit.MICROSECONDS.toNanos(granted.fullMicros());
        if (granted.granted() > 0) {
            admitted(1, now);
        }
        refusal = granted.granted() == 0 && granted.waitMicros() > 0
                ? Refusal.of(now, TimeUnit.MICROSECONDS.toNanos(granted.waitMicros()))
                : null;
    }

    @Override
    String nextId() {
        return ids.next();
    }

    @Override
    synchronized long left(long now) {
        return standing.away() ? share().left(now) : left;
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
        return standing.away() ? share().full(now) : Math.max(0, fullAt - now);
    }
}
