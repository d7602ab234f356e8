package io.portcullis.freshness;

import io.portcullis.bus.Loop;
import io.portcullis.freshness.ChangeLog.Commit;
import io.portcullis.freshness.ChangeLog.Page;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the change log from where this process stands and applies it: raise the fence, evict, tell the process, and only then move the
 * position. One reading at a time.
 *
 * <p>Belongs to one thread.
 */
final class Tail {

    private static final Logger log = LoggerFactory.getLogger(Tail.class);

    /**
     * While a commit of very many rows is applied, so many parts of the time go to everybody else for each part of work. The reading, which is
     * not counted, costs as much again.
     */
    private static final int PAUSE_FOR_WORK = 16;

    /**
     * What the tail works with.
     *
     * @param log null while there is no connection
     * @param epochFences makes the fences of an epoch, from its name and its floor
     * @param pause ends after the duration
     */
    record Parts(
            Supplier<@Nullable ChangeLog> log,
            Freshness freshness,
            Evictions evictions,
            FencesOf epochFences,
            Limits limits,
            Consumer<Changes> told,
            FreshnessMeters meters,
            LongSupplier nanoClock,
            Function<Duration, Future<Void>> pause) {}

    /** Makes the fences of an epoch. */
    interface FencesOf {
        Fences of(String epoch, long floor);
    }

    /**
     * How many fences are kept, and for how long at least.
     *
     * @param keep of the longest a record stays in Redis
     */
    record Limits(Duration keep, int mostFences) {}

    private final Parts parts;
    private final Freshness freshness;
    private Position elsewhere = Position.UNKNOWN;
    private @Nullable String mark;
    private @Nullable Future<Void> underWay;
    private @Nullable Promise<Void> next;

    Tail(Parts parts) {
        this.parts = parts;
        this.freshness = parts.freshness();
    }

    /** Completes when all that was committed before this call is applied; fails where that cannot be told. */
    Future<Void> catchUp() {
        if (underWay == null) {
            return start();
        }
        // The reading under way may have been sent too early for whoever asks now.
        if (next == null) {
            next = Promise.promise();
        }
        return next.future();
    }

    /** Another process has seen that position: if PostgreSQL knows of none as high from now on, its history was taken back. */
    void seenElsewhere(Position position) {
        elsewhere = position;
    }

    private Future<Void> start() {
        Future<Void> reading = Loop.whileTrue(this::read);
        if (reading.isComplete()) {
            return reading;
        }
        underWay = reading;
        return reading.onComplete(done -> {
            underWay = null;
            Promise<Void> asked = next;
            next = null;
            if (asked != null) {
                start().onComplete(asked);
            }
        });
    }

    /** Whether there is more to read. */
    private Future<Boolean> read() {
        ChangeLog source = parts.log().get();
        if (source == null) {
            return Future.failedFuture("no connection to PostgreSQL's change log");
        }
        long sent = parts.nanoClock().getAsLong();
        Position announced = elsewhere;
        Position stand = freshness.position();
        // Who has read nothing yet starts at the end.
        return source.read(stand.epoch().isEmpty() ? Long.MAX_VALUE : stand.seq())
                .compose(page -> {
                    long received = parts.nanoClock().getAsLong();
                    if (!page.head().epoch().equals(stand.epoch())) {
                        return startOver(source, page, sent, stand.epoch().isEmpty() ? "start" : "epoch")
                                .map(false);
                    }
                    String reason = contradiction(page, stand, announced);
                    if (reason != null) {
                        log.warn("event=freshness.history_changed reason=\"{}\" position={}", reason, stand);
                        return source.raiseEpoch(stand.epoch()).map(true);
                    }
                    if (page.prunedSeq() > stand.seq()) {
                        return startOver(source, page, sent, "gap").map(false);
                    }
                    return apply(source, page, received).compose(applied -> reached(page, stand, sent));
                });
    }

    /** Why this log cannot be the one that was read so far; null where it is. */
    private @Nullable String contradiction(Page page, Position stand, Position announced) {
        if (page.head().isBehind(stand)) {
            return "the log ends at " + page.head().seq();
        }
        if (page.head().isBehind(announced)) {
            return "another node had read up to " + announced.seq() + ", the log ends at "
                    + page.head().seq();
        }
        boolean markIsGone = page.mark() == null && page.prunedSeq() >= stand.seq();
        return mark == null || markIsGone || mark.equals(page.mark())
                ? null
                : "seq " + stand.seq() + " is another commit than it was";
    }

    /**
     * Nothing that is held counts any more. What is read from now on does, and that is as much as having applied the whole log: the position
     * is the head. Then the fences of late are put up, so that what is in Redis may count again.
     */
    private Future<Void> startOver(ChangeLog source, Page page, long sent, String why) {
        Position head = page.head();
        log.info("event=freshness.start why={} epoch={} seq={}", why, head.epoch(), head.seq());
        parts.meters().startedOver(why);
        Fences fences = parts.epochFences().of(head.epoch(), head.seq());
        mark = page.headMark();
        freshness.startOver(fences, head.seq());
        parts.evictions().everything();
        parts.meters().read(head.seq());
        freshness.confirmed(sent);
        return source.readBack(head.seq(), parts.limits().keep().toMillis())
                .onSuccess(back -> {
                    // Two statements, two snapshots: between them the log may have become another one.
                    if (!back.head().epoch().equals(head.epoch()) || !Objects.equals(back.mark(), page.headMark())) {
                        return;
                    }
                    back.commits().forEach(commit -> raise(fences, commit.changes(), commit.seq()));
                    fences.lowerFloor(head.seq(), back.fromSeq());
                    forget(fences);
                })
                .otherwiseEmpty()
                .mapEmpty();
    }

    private Future<Void> apply(ChangeLog source, Page page, long received) {
        parts.meters().read(page.head().seq());
        for (Commit commit : page.commits()) {
            boolean isLarge = page.large()
                    && commit.equals(page.commits().get(page.commits().size() - 1));
            if (isLarge) {
                long started = parts.nanoClock().getAsLong();
                return source.readLarge(commit, portion -> applyPortion(commit, portion, started))
                        .onSuccess(done -> moveTo(commit, received));
            }
            apply(commit.changes(), commit.seq());
            moveTo(commit, received);
        }
        return Future.succeededFuture();
    }

    /** Large commits wait for the others, not the others for them; but not for so long that the lease ends meanwhile. */
    private Future<Void> applyPortion(Commit commit, List<Change> portion, long started) {
        long before = parts.nanoClock().getAsLong();
        apply(portion, commit.seq());
        long now = parts.nanoClock().getAsLong();
        return now - started < freshness.leaseNanos() / 2
                ? parts.pause().apply(Duration.ofNanos((now - before) * PAUSE_FOR_WORK))
                : Future.succeededFuture();
    }

    private void apply(List<Change> changes, long seq) {
        Fences fences = freshness.fences();
        raise(fences, changes, seq);
        for (Change change : changes) {
            if (change.isOfAll()) {
                parts.evictions().everything();
            } else if (change.kind() == Change.Kind.CLIENT) {
                parts.evictions().client(change.id());
            }
        }
        forget(fences);
        parts.told().accept(new Changes(changes));
    }

    private void raise(Fences fences, List<Change> changes, long seq) {
        long now = parts.nanoClock().getAsLong();
        for (Change change : changes) {
            fences.raise(change, seq, now);
        }
    }

    private void forget(Fences fences) {
        fences.forget(
                parts.nanoClock().getAsLong(),
                parts.limits().keep().toNanos(),
                parts.limits().mostFences());
    }

    private void moveTo(Commit commit, long received) {
        mark = commit.mark();
        freshness.advanced(commit.seq());
        parts.meters().applied(commit.ageMillis(), parts.nanoClock().getAsLong() - received);
    }

    /** Whether there is more to read. */
    private Future<Boolean> reached(Page page, Position before, long sent) {
        long stand = freshness.position().seq();
        if (stand == page.head().seq()) {
            freshness.confirmed(sent);
            forget(freshness.fences());
            return Future.succeededFuture(false);
        }
        return stand > before.seq()
                ? Future.succeededFuture(true)
                : Future.failedFuture(
                        "the log ends at " + page.head() + ", but nothing stands behind " + Objects.toString(before));
    }
}
