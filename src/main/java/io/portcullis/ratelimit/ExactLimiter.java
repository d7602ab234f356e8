package io.portcullis.ratelimit;

import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A limit that is asked for each request. Where Redis has just refused, it is not asked again before it may admit, for a second at most. */
final class ExactLimiter extends SharedLimiter {

    private static final long MOST_REFUSED_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Ids ids;
    private long refusedUntil;
    private boolean refused;
    private long retryAt;
    private long left;
    private long fullAt;

    ExactLimiter(
            LimitPolicy policy, String subject, LimitMeters.OfPolicy meters, Rule rule, Standing standing, Ids ids) {
        super(policy, subject, meters, rule, standing);
        this.ids = ids;
        this.left = rule.quota();
    }

    @Override
    void forget() {
        refused = false;
    }

    @Override
    synchronized Outcome take(long now) {
        look(now);
        if (standing.away()) {
            return takeShare(now);
        }
        shareRests(now);
        if (refused && now - refusedUntil < 0) {
            return Outcome.REFUSED;
        }
        return Outcome.ASKS_EACH;
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
        refused = granted.granted() == 0 && granted.waitMicros() > 0;
        if (granted.granted() > 0) {
            admitted(now);
        }
        if (refused) {
            long wait = TimeUnit.MICROSECONDS.toNanos(granted.waitMicros());
            retryAt = now + wait;
            refusedUntil = now + Math.min(wait, MOST_REFUSED_NANOS);
        }
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
        return refused ? Math.max(0, retryAt - now) : 0;
    }

    @Override
    synchronized long full(long now) {
        return standing.away() ? share().full(now) : Math.max(0, fullAt - now);
    }
}
