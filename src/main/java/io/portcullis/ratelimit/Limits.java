package io.portcullis.ratelimit;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import io.portcullis.bus.Deadline;
import io.portcullis.ratelimit.Charge.Several;
import io.portcullis.ratelimit.Limiter.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.internal.ContextInternal;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The limits of this process. A request is charged by all limits that are for it, or by none; whoever is refused is charged nothing.
 * Thread-safe.
 */
public final class Limits {

    /** So often a request asks Redis again because others have used what it was granted for. */
    private static final int ROUNDS = 8;

    /**
     * How limits are kept.
     *
     * @param policies of the configuration
     * @param ofClient whose rule is replaced by each client's own {@code rate_limit}
     * @param lease of one that a node takes at a time, the longest
     * @param mostKeys subjects of one policy that are held in memory
     */
    public record Settings(List<LimitPolicy> policies, LimitPolicy ofClient, Duration lease, int mostKeys) {}

    private final EventBus bus;
    private final Standing standing = new Standing();
    private final Questions questions = new Questions();
    private final Ids ids;
    private final LimitMeters meters;
    private final Policies policies;
    private final Holding holding = new Holding();

    /** Nothing is charged yet. */
    public Limits(EventBus bus, Settings settings, SecureRandom random, MeterRegistry registry) {
        this.bus = bus;
        // 44 bits: a number that Lua can hold.
        this.ids = new Ids(Long.toHexString(random.nextLong() >>> 20));
        this.meters = new LimitMeters(registry, this::active, standing);
        PolicyLimiters.Parts parts = new PolicyLimiters.Parts(
                standing,
                ids,
                new LeasedLimiter.Leasing(questions, ids, settings.lease().toNanos(), holding::add));
        this.policies = new Policies(settings, meters, parts);
    }

    /**
     * The verdict, if this node can give it by itself; else null. Neither waits nor fails.
     *
     * @param address where the call comes from; asked for only if a limit is by that
     */
    public @Nullable Verdict admitNow(Decision.Allowed allowed, Supplier<@Nullable IpAddress> address) {
        Limiter[] limiters = policies.limiters(allowed, address);
        return limiters.length == 0 ? Verdict.UNLIMITED : now(limiters);
    }

    /** The verdict, by asking Redis where it must. Completes by the deadline. */
    public Future<Verdict> admit(Decision.Allowed allowed, Supplier<@Nullable IpAddress> address, Deadline deadline) {
        Limiter[] limiters = policies.limiters(allowed, address);
        return limiters.length == 0
                ? Future.succeededFuture(Verdict.UNLIMITED)
                : here(asked(limiters, ROUNDS, true))
                        .timeout(deadline.remainingMillis(), TimeUnit.MILLISECONDS)
                        .otherwise(failure -> withoutShadows(limiters));
    }

    /** Nobody is kept waiting by a limit that refuses nobody: of the others this node may know enough. */
    private Verdict withoutShadows(Limiter[] limiters) {
        Limiter[] enforced = Arrays.stream(limiters)
                .filter(limiter -> !limiter.policy.shadow())
                .toArray(Limiter[]::new);
        Verdict now = enforced.length == limiters.length ? null : now(enforced);
        return now == null ? unavailable(limiters, System.nanoTime()) : now;
    }

    /** On the event loop that asks, which then also has the timer: answers come on another one. */
    private static <T> Future<T> here(Future<T> elsewhere) {
        ContextInternal own = ContextInternal.current();
        if (own == null) {
            return elsewhere;
        }
        Promise<T> promise = own.promise();
        elsewhere.onComplete(promise);
        return promise.future();
    }

    private @Nullable Verdict now(Limiter[] limiters) {
        long now = System.nanoTime();
        long shadows = 0;
        for (int i = 0; i < limiters.length; i++) {
            Limiter limiter = limiters[i];
            Outcome outcome = limiter.take(now);
            if (outcome == Outcome.ADMITTED_LOW) {
                limiter.prefetch(now);
            } else if (isShadowOf(outcome, limiter)) {
                shadows |= 1L << i;
            } else if (outcome != Outcome.ADMITTED) {
                giveBack(limiters, i, shadows, now);
                return switch (outcome) {
                    case REFUSED -> refused(limiters, limiter, now);
                    case CLOSED -> unavailable(limiters, now);
                    default -> null;
                };
            }
        }
        return admitted(limiters, shadows, now);
    }

    /** Whether it would have refused, and is one that refuses nobody; also not for that Redis is away. */
    private static boolean isShadowOf(Outcome outcome, Limiter limiter) {
        return limiter.policy.shadow() && (outcome == Outcome.REFUSED || outcome == Outcome.CLOSED);
    }

    /** What was taken of the first so many, but for those that had none and refuse nobody. */
    private static void giveBack(Limiter[] limiters, int count, long not, long takenAt) {
        for (int i = 0; i < count; i++) {
            if ((not & (1L << i)) == 0) {
                limiters[i].giveBack(takenAt);
            }
        }
    }

    /**
     * What comes of it, by asking Redis where it must.
     *
     * @param rounds how often it may ask yet
     * @param answered whether Redis has answered the last question: then others have used all that it has granted meanwhile, and the limit refuses
     */
    private Future<Verdict> asked(Limiter[] limiters, int rounds, boolean answered) {
        long now = System.nanoTime();
        long not = 0;
        long shadows = 0;
        List<SharedLimiter> each = new ArrayList<>();
        List<Future<Void>> unknown = new ArrayList<>();
        for (int i = 0; i < limiters.length; i++) {
            Limiter limiter = limiters[i];
            Outcome outcome = limiter.take(now);
            if (outcome == Outcome.ADMITTED || outcome == Outcome.ADMITTED_LOW) {
                continue;
            }
            if (outcome == Outcome.UNKNOWN && rounds == 0) {
                outcome = answered ? Outcome.REFUSED : Outcome.CLOSED;
            }
            not |= 1L << i;
            if (outcome == Outcome.UNKNOWN) {
                unknown.add(limiter.ask(now));
            } else if (outcome == Outcome.ASKS_EACH) {
                each.add((SharedLimiter) limiter);
            } else if (isShadowOf(outcome, limiter)) {
                shadows |= 1L << i;
            } else {
                giveBack(limiters, i, not, now);
                return Future.succeededFuture(
                        outcome == Outcome.CLOSED ? unavailable(limiters, now) : refused(limiters, limiter, now));
            }
        }
        if (!unknown.isEmpty()) {
            giveBack(limiters, limiters.length, not, now);
            return Future.join(unknown).transform(then -> asked(limiters, rounds - 1, then.succeeded()));
        }
        return each.isEmpty()
                ? Future.succeededFuture(admitted(limiters, shadows, now))
                : charged(limiters, new Taken(now, not, shadows), each, rounds);
    }

    /** When, and of the limiters by their places: those of which nothing was taken, and those that would have refused and are shadows. */
    private record Taken(long at, long not, long shadows) {}

    private Future<Verdict> charged(Limiter[] limiters, Taken taken, List<SharedLimiter> each, int rounds) {
        List<Charge> charges = each.stream()
                .map(SharedLimiter::chargeOfOne)
                .map(Objects::requireNonNull)
                .toList();
        return questions.ask(new Several(charges)).transform(answer -> {
            long now = System.nanoTime();
            if (answer.failed()) {
                giveBack(limiters, limiters.length, taken.not(), taken.at());
                for (int i = 0; i < each.size(); i++) {
                    each.get(i).notTold(charges.get(i).carried());
                }
                // Redis is away, as far as is known now: the next round does without it.
                return rounds == 0 ? Future.succeededFuture(unavailable(limiters, now)) : asked(limiters, 0, false);
            }
            Limiter refusing = null;
            long shadows = taken.shadows();
            for (int i = 0; i < each.size(); i++) {
                Charge charge = charges.get(i);
                Charge.Granted granted = answer.result().granted().get(i);
                each.get(i).heard(charge, granted, now);
                if (granted.granted() == 0 && granted.left() < 1) {
                    if (!charge.counts()) {
                        shadows |= 1L << List.of(limiters).indexOf(each.get(i));
                    } else if (refusing == null) {
                        refusing = each.get(i);
                    }
                }
            }
            if (refusing == null) {
                return Future.succeededFuture(admitted(limiters, shadows, now));
            }
            giveBack(limiters, limiters.length, taken.not(), taken.at());
            return Future.succeededFuture(refused(limiters, refusing, now));
        });
    }

    private Verdict admitted(Limiter[] limiters, long shadows, long now) {
        meters.allowed();
        for (int i = 0; i < limiters.length; i++) {
            LimitMeters.OfPolicy of = limiters[i].meters;
            ((shadows & (1L << i)) == 0 ? of.admitted() : of.wouldRefuse()).increment();
        }
        return new Verdict(Verdict.Kind.ADMITTED, limiters, null, now);
    }

    private Verdict refused(Limiter[] limiters, Limiter refusing, long now) {
        meters.refused();
        refusing.meters.refused().increment();
        return new Verdict(Verdict.Kind.REFUSED, limiters, refusing, now);
    }

    private Verdict unavailable(Limiter[] limiters, long now) {
        meters.unavailable();
        return new Verdict(Verdict.Kind.UNAVAILABLE, limiters, null, now);
    }

    /** Whether Redis cannot be asked. */
    public boolean isDegraded() {
        return standing.isDegraded();
    }

    /** How they stand, for administrators. */
    public LimitInspection inspection() {
        return new LimitInspection(bus, questions, policies.all(), policies::ofClient, ids);
    }

    private long active() {
        return policies.all().stream().mapToLong(PolicyLimiters::size).sum();
    }

    // What the verticle asks.

    Standing standing() {
        return standing;
    }

    String node() {
        return ids.node();
    }

    /** Blocks for as long as it takes to look through all subjects. */
    boolean forgetIdle() {
        long now = System.nanoTime();
        policies.all().forEach(limiters -> limiters.forgetIdle(now));
        return true;
    }

    Questions questions() {
        return questions;
    }

    Holding holding() {
        return holding;
    }

    /** What a Redis that is new has to be told. */
    List<Telling> toTell() {
        return Telling.of(policies.all().stream().flatMap(PolicyLimiters::all));
    }
}
