package io.portcullis.ratelimit;

import io.portcullis.bus.BusCall;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Redis about limits, for all event loops of a process. Says several times a second that this node is there, by which it also learns
 * that Redis is back, or another one; gives back what is left of leases that have ended. Owns one Redis link.
 */
public final class LimitsVerticle extends VerticleBase {

    private static final Logger log = LoggerFactory.getLogger(LimitsVerticle.class);

    /** A Redis that does not answer in that time is away. One that refuses or is gone is at once. */
    static final Duration ASK_LIMIT = Duration.ofSeconds(1);

    private static final long BEAT_MILLIS = 100;
    private static final long SWEEP_MILLIS = 250;

    /** Batches of questions: while Redis answers one it has the next. */
    private static final int MOST_UNDER_WAY = 2;

    private static final long FORGET_MILLIS = 10_000;
    private static final int GIVEN_AT_ONCE = 1_000;
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    /** Between two attempts to reach a Redis that was away, at most. */
    private static final Duration LONGEST_BACKOFF = Duration.ofMillis(100);

    /** How long a Redis that is new grants nothing. Longer than an attempt and two beats: every node has told it what it knows. */
    private static final long WARMUP_MICROS = 600_000;

    /** A Redis that is away again and again (a part of a Cluster) is not told each time: that is a look at all subjects. */
    private static final long TELL_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    static final BusCall<String, List<LimitStore.Lease>> LEASES = BusCall.of("limits.leases");
    static final BusCall<String, Boolean> RESET = BusCall.of("limits.reset");

    private final Limits limits;
    private final RedisLinks redis;
    private final String redisPrefix;
    private final Duration redisTtl;
    private final RedisMeters meters;
    private @Nullable RedisLink link;
    private int underWay;
    private long toldAt = System.nanoTime() - TELL_AGAIN_NANOS;

    /** Of those limits. */
    public LimitsVerticle(Limits limits, RedisLinks redis, String redisPrefix, Duration redisTtl, RedisMeters meters) {
        this.limits = limits;
        this.redis = redis;
        this.redisPrefix = redisPrefix;
        this.redisTtl = redisTtl;
        this.meters = meters;
    }

    /** Starts whether or not Redis is there. */
    @Override
    public Future<?> start() {
        RedisLink opened = redis.open(vertx, LONGEST_BACKOFF);
        link = opened;
        LimitStore store =
                new LimitStore(new RedisCache(opened, redisPrefix, redisTtl, meters), redis.isCluster(), WARMUP_MICROS);
        vertx.setPeriodic(1, BEAT_MILLIS, tick -> beat(store));
        vertx.setPeriodic(SWEEP_MILLIS, tick -> sweep(store));
        vertx.setPeriodic(FORGET_MILLIS, tick -> vertx.executeBlocking(limits::forgetIdle));
        Context own = context;
        limits.questions().takenBy(new Questions.Taker() {
            @Override
            public void now() {
                own.runOnContext(rung -> askNext(store));
            }

            @Override
            public void in(int millis, Runnable itIsTime) {
                own.runOnContext(rung -> vertx.setTimer(millis, over -> itIsTime.run()));
            }
        });
        return Future.all(
                LEASES.serve(vertx, store::leases).completion(),
                RESET.serve(vertx, store::reset).completion());
    }

    /** What is leased is given back, as much as there is time for: other nodes need not wait for its end. */
    @Override
    public Future<?> stop() {
        limits.questions().takenBy(null);
        RedisLink opened = link;
        if (opened == null) {
            return Future.succeededFuture();
        }
        LimitStore store =
                new LimitStore(new RedisCache(opened, redisPrefix, redisTtl, meters), redis.isCluster(), WARMUP_MICROS);
        return giveBackAll(store, limits.holding().all(), Deadline.in(STOP_LIMIT))
                .transform(ended -> opened.close());
    }

    private Future<?> giveBackAll(LimitStore store, List<Holding.Returned> all, Deadline deadline) {
        int some = Math.min(all.size(), GIVEN_AT_ONCE);
        return some == 0
                ? Future.succeededFuture()
                : giveBack(store, all.subList(0, some), deadline)
                        .compose(given -> giveBackAll(store, all.subList(some, all.size()), deadline));
    }

    /** A few with each run of the script: nobody else is served by Redis meanwhile. */
    private Future<?> giveBack(LimitStore store, List<Holding.Returned> back, Deadline deadline) {
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < back.size(); i += Questions.MOST) {
            List<Holding.Returned> some = back.subList(i, Math.min(back.size(), i + Questions.MOST));
            runs.add(store.charge(
                            each(some.stream().map(Holding.Returned::charge).toList()), deadline)
                    .onFailure(failure -> some.forEach(limits.holding()::notGivenBack)));
        }
        return Future.join(runs);
    }

    /** Another batch, as long as there are not too many under way; before the answers to the last one are dealt with. */
    private void askNext(LimitStore store) {
        while (underWay < MOST_UNDER_WAY) {
            List<Questions.Question> batch = limits.questions().take();
            if (batch.isEmpty()) {
                return;
            }
            underWay++;
            store.charge(batch.stream().map(Questions.Question::request).toList(), Deadline.in(ASK_LIMIT))
                    .onComplete(
                            answers -> {
                                underWay--;
                                askNext(store);
                                for (int i = 0; i < batch.size(); i++) {
                                    answer(batch.get(i), answers.get(i));
                                }
                            },
                            failure -> {
                                underWay--;
                                gone(failure);
                                batch.forEach(question -> question.answer().fail(failure));
                                askNext(store);
                            });
        }
    }

    private void answer(Questions.Question question, Charge.Answer answer) {
        if (answer.warming()) {
            limits.standing().gone();
            question.answer().fail("Redis is new, and grants nothing yet");
        } else {
            question.answer().complete(answer);
        }
    }

    private static List<Charge.Several> each(List<Charge> charges) {
        return charges.stream().map(Charge.Several::of).toList();
    }

    private void gone(Throwable failure) {
        if (!limits.standing().away()) {
            log.warn("event=limits.redis_away reason=\"{}\"", failure.getMessage());
            limits.standing().gone();
        }
    }

    private void beat(LimitStore store) {
        Deadline limit = Deadline.in(ASK_LIMIT);
        Future<Integer> nodes = store.beat(limits.node(), limit);
        store.look(limit)
                .compose(answer -> nodes.map(count -> heard(store, answer, count)))
                .onFailure(this::gone);
    }

    private boolean heard(LimitStore store, Charge.Answer answer, int nodes) {
        Standing standing = limits.standing();
        boolean another = standing.generation() != Standing.NONE && standing.generation() != answer.generation();
        if (another) {
            log.warn("event=limits.redis_lost reason=\"it knows nothing of what was admitted; nodes tell it\"");
        }
        boolean back = standing.away() && !answer.warming();
        long now = System.nanoTime();
        standing.heard(answer.generation(), answer.warming(), nodes, now);
        if (another || (back && now - toldAt >= TELL_AGAIN_NANOS)) {
            toldAt = now;
            tell(store);
        }
        if (back) {
            log.info("event=limits.redis_back nodes={}", nodes);
        }
        return true;
    }

    /** What this node has admitted without Redis; one that is new, what it has admitted lately, before anybody is granted anything. */
    private void tell(LimitStore store) {
        for (Telling some : limits.toTell()) {
            store.charge(each(some.charges()), Deadline.in(ASK_LIMIT)).onFailure(failure -> {
                some.failed();
                gone(failure);
            });
        }
    }

    private void sweep(LimitStore store) {
        if (limits.standing().away()) {
            return;
        }
        giveBack(store, limits.holding().ended(GIVEN_AT_ONCE), Deadline.in(ASK_LIMIT))
                .onFailure(this::gone);
    }
}
