package io.portcullis.events;

import io.portcullis.bus.Deadline;
import io.portcullis.bus.Loop;
import io.portcullis.cache.Claimed;
import io.portcullis.cache.PendingEntry;
import io.portcullis.cache.RedisFailure;
import io.portcullis.cache.StreamEntry;
import io.portcullis.cache.StreamGroup;
import io.portcullis.cache.StreamId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes entries from the stream, one batch after the other, and sees each to its end. What others left unsettled goes before what is new.
 * Belongs to one event loop.
 */
final class EventConsumer {

    /**
     * After so many times {@code tries} deliveries an entry is given up untried. Until then it is tried alone: that its processes died may have
     * had any reason. By default that is 250 deliveries, 15 s apart at least: an hour in which none lived to say what became of it.
     */
    static final int UNTRIED = 50;

    private static final Logger log = LoggerFactory.getLogger(EventConsumer.class);

    /** Of one command, when Redis does not answer; the link's own limit is mostly shorter. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final Duration LONGEST_BETWEEN_CLAIMS = Duration.ofSeconds(5);
    /** Each is a transaction, and what is new waits. */
    private static final int MOST_ALONE = 50;

    private static final Duration AT_ONCE = Duration.ofMillis(1);
    private static final long AFTER_ERROR_MILLIS = 1_000;

    /** An entry in hand, and how often it was delivered, this time included. */
    private record Delivered(StreamEntry entry, long deliveries) {}

    /**
     * What it works with.
     *
     * @param consumer name that no other process has
     * @param reading the group over a link on which nothing else is asked
     * @param block of a read
     * @param redis outages of it; nobody else's
     */
    record Parts(
            Vertx vertx,
            AdminEventsVerticle.Settings settings,
            String consumer,
            StreamGroup reading,
            StreamGroup group,
            Duration block,
            BatchWriter writer,
            DeadLetters letters,
            StreamWatch watch,
            Outage redis,
            Outage database,
            EventMeters meters,
            Clock clock) {}

    private final Parts parts;
    private final AdminEventsVerticle.Settings settings;
    private final BatchSize size;
    private final long claimEveryNanos;
    private long claimedAt;
    private boolean moreToClaim;
    private boolean hadGroup;
    private boolean stopping;
    private Future<Void> running = Future.succeededFuture();

    EventConsumer(Parts parts) {
        this.parts = parts;
        this.settings = parts.settings();
        this.size = new BatchSize(settings.batch());
        Duration third = settings.claimAfter().dividedBy(3);
        this.claimEveryNanos = (third.compareTo(LONGEST_BETWEEN_CLAIMS) < 0 ? third : LONGEST_BETWEEN_CLAIMS).toNanos();
        this.claimedAt = System.nanoTime() - claimEveryNanos;
    }

    void start() {
        running = Loop.whileTrue(this::turn);
    }

    /** Takes nothing more. Completes when what is in hand is settled, or could not be now; never fails. */
    Future<Void> stop() {
        stopping = true;
        parts.redis().stop();
        parts.database().stop();
        return running;
    }

    private Future<Boolean> turn() {
        return claimIfDue()
                .compose(claimed -> parts.watch().look())
                .compose(looked -> readNew())
                .compose(this::settle)
                .map(settled -> !stopping)
                .recover(failure -> failure instanceof Outage.Stopped || stopping
                        ? Future.succeededFuture(false)
                        : afterError(failure));
    }

    /** An error of ours must not end the consumer. What was in hand is pending, and comes again. */
    private Future<Boolean> afterError(Throwable failure) {
        log.error("event=admin_events.turn_failed reason=\"{}\"", failure.toString());
        return parts.vertx().timer(AFTER_ERROR_MILLIS, TimeUnit.MILLISECONDS).map(waited -> !stopping);
    }

    // --- taking

    private Future<List<Delivered>> readNew() {
        if (stopping) {
            return Future.succeededFuture(List.of());
        }
        return onGroup(
                        parts.reading(),
                        group -> group.readNew(
                                parts.consumer(),
                                size.next(),
                                moreToClaim ? AT_ONCE : parts.block(),
                                Deadline.in(LIMIT)))
                .map(entries -> {
                    hadGroup = true;
                    size.came(entries);
                    return entries.stream()
                            .map(entry -> new Delivered(entry, 1))
                            .toList();
                });
    }

    private Future<Void> claimIfDue() {
        if (stopping || System.nanoTime() - claimedAt < claimEveryNanos) {
            return Future.succeededFuture();
        }
        int count = size.next();
        return onGroup(parts.group(), group -> group.pending(settings.claimAfter(), count, Deadline.in(LIMIT)))
                .compose(pending -> {
                    moreToClaim = pending.size() == count;
                    if (!moreToClaim) {
                        claimedAt = System.nanoTime();
                    }
                    return pending.isEmpty()
                            ? Future.succeededFuture()
                            // A claim is a delivery: none is wasted on a database that is away.
                            : parts.writer().whenWritable().compose(writable -> claim(pending));
                });
    }

    private Future<Void> claim(List<PendingEntry> pending) {
        List<PendingEntry> fresh = pending.stream()
                .filter(one -> one.deliveries() < settings.tries())
                .toList();
        // Each is claimed when it is its turn: should one of them end this process, the others have not been delivered.
        Iterator<PendingEntry> worn = pending.stream()
                .filter(one -> one.deliveries() >= settings.tries())
                .sorted(Comparator.comparingLong(PendingEntry::deliveries))
                .limit(MOST_ALONE)
                .iterator();
        return take(fresh)
                .compose(this::settle)
                .compose(settled -> Loop.whileTrue(() -> {
                    if (stopping || !worn.hasNext()) {
                        return Future.succeededFuture(false);
                    }
                    return alone(worn.next()).map(true);
                }));
    }

    private Future<Void> alone(PendingEntry worn) {
        boolean hopeless = worn.deliveries() >= (long) settings.tries() * UNTRIED;
        return parts.writer()
                .whenWritable()
                .compose(writable -> take(List.of(worn)).compose(taken -> {
                    if (!hopeless || taken.isEmpty()) {
                        return settle(taken);
                    }
                    String reason = "given up untried: it was delivered " + worn.deliveries()
                            + " times, and nobody lived to say what became of it";
                    return bury(taken, List.of(Verdict.failed(null, reason))).compose(this::acknowledge);
                }));
    }

    /** Claims those that nobody else has claimed meanwhile. */
    private Future<List<Delivered>> take(List<PendingEntry> pending) {
        if (pending.isEmpty()) {
            return Future.succeededFuture(List.of());
        }
        Map<StreamId, Long> deliveries = new HashMap<>();
        pending.forEach(one -> deliveries.put(one.id(), one.deliveries() + 1));
        List<StreamId> ids = pending.stream().map(PendingEntry::id).toList();
        return onGroup(
                        parts.group(),
                        group -> group.claim(parts.consumer(), settings.claimAfter(), ids, Deadline.in(LIMIT)))
                .compose(claimed -> forget(claimed)
                        .map(forgotten -> claimed.entries().stream()
                                .map(entry -> new Delivered(entry, deliveries.getOrDefault(entry.id(), 1L)))
                                .toList()));
    }

    private Future<Void> forget(Claimed claimed) {
        List<StreamId> gone = claimed.gone();
        if (gone.isEmpty()) {
            return Future.succeededFuture();
        }
        parts.watch().wentLost(gone.size(), "pending", gone.get(0));
        return acknowledge(gone);
    }

    // --- settling

    private Future<Void> settle(List<Delivered> batch) {
        if (batch.isEmpty()) {
            return Future.succeededFuture();
        }
        return parts.writer()
                .write(batch.stream().map(Delivered::entry).toList())
                .compose(verdicts -> {
                    List<StreamId> settled = new ArrayList<>();
                    List<Delivered> over = new ArrayList<>();
                    List<Verdict> why = new ArrayList<>();
                    List<Delivered> again = new ArrayList<>();
                    for (int i = 0; i < batch.size(); i++) {
                        Delivered one = batch.get(i);
                        if (verdicts.get(i).isSettled()) {
                            settled.add(one.entry().id());
                        } else if (one.deliveries() >= settings.tries()) {
                            over.add(one);
                            why.add(verdicts.get(i));
                        } else {
                            again.add(one);
                        }
                    }
                    tellFailed(batch, verdicts, again);
                    // What is applied is acknowledged first: it must not wait for what is not.
                    return acknowledge(settled).compose(done -> bury(over, why)).compose(this::acknowledge);
                });
    }

    private void tellFailed(List<Delivered> batch, List<Verdict> verdicts, List<Delivered> again) {
        if (!again.isEmpty()) {
            Delivered first = again.get(0);
            log.warn(
                    "event=admin_events.entries_failed count={} first={} deliveries={} reason=\"{}\"",
                    again.size(),
                    first.entry().id(),
                    first.deliveries(),
                    verdicts.get(batch.indexOf(first)).reasonText());
        }
    }

    /** Puts entries among the dead letters, one after the other; those that are there now. */
    private Future<List<StreamId>> bury(List<Delivered> dead, List<Verdict> why) {
        List<StreamId> buried = new ArrayList<>();
        int[] next = {0};
        return Loop.whileTrue(() -> {
                    if (next[0] == dead.size()) {
                        return Future.succeededFuture(false);
                    }
                    int i = next[0]++;
                    return bury(dead.get(i), why.get(i)).map(done -> {
                        if (done) {
                            buried.add(dead.get(i).entry().id());
                        }
                        return true;
                    });
                })
                .map(done -> {
                    if (!buried.isEmpty()) {
                        log.warn(
                                "event=admin_events.dead_letters count={} first={} reason=\"{}\"",
                                buried.size(),
                                buried.get(0),
                                why.get(0).reasonText());
                        parts.watch().countLetters();
                    }
                    return buried;
                });
    }

    /** Where Redis takes no more (OOM), the entry stays pending and what is new goes on. */
    private Future<Boolean> bury(Delivered dead, Verdict why) {
        return parts.redis()
                .persist(
                        () -> parts.letters()
                                .put(
                                        dead.entry(),
                                        why.reasonText(),
                                        dead.deliveries(),
                                        parts.clock().instant(),
                                        Deadline.in(LIMIT)),
                        failure -> failure instanceof RedisFailure && !(failure instanceof RedisFailure.Refused))
                .map(id -> {
                    parts.meters().count(why.type(), Verdict.Outcome.DLQ);
                    return true;
                })
                .recover(failure -> {
                    if (failure instanceof RedisFailure.Refused refused) {
                        log.warn("event=admin_events.dead_letter_refused code={}", refused.code());
                        return Future.succeededFuture(false);
                    }
                    return Future.failedFuture(failure);
                });
    }

    private Future<Void> acknowledge(List<StreamId> ids) {
        return onGroup(parts.group(), group -> group.acknowledge(ids, Deadline.in(LIMIT)))
                .mapEmpty();
    }

    // --- Redis

    /** Until Redis has done it. Where the group is gone, it is made again; where there is nothing for it to do, that was all. */
    private <T> Future<T> onGroup(StreamGroup group, Function<StreamGroup, Future<T>> work) {
        return parts.redis()
                .persist(
                        () -> work.apply(group)
                                .recover(failure -> StreamGroup.isMissing(failure)
                                        ? create().compose(made -> work.apply(group))
                                        : Future.failedFuture(failure)),
                        RedisFailure.class::isInstance);
    }

    private Future<Void> create() {
        return parts.group().create(Deadline.in(LIMIT)).map(made -> {
            if (made && hadGroup) {
                log.warn(
                        "event=admin_events.group_lost stream={} group={} hint=\"the stream or its group was deleted: run a sync for what was in it\"",
                        settings.stream(),
                        settings.group());
            } else if (made) {
                log.info("event=admin_events.group_created stream={} group={}", settings.stream(), settings.group());
            }
            hadGroup = true;
            return null;
        });
    }
}
