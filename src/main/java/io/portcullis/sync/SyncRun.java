package io.portcullis.sync;

import io.portcullis.bus.Deadline;
import io.portcullis.bus.Loop;
import io.portcullis.sync.Batch.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pass over all clients of the source, page by page: while one is compared the next one is asked for, and no more than these two are held.
 *
 * <p>To be run once, on a context of whatever kind, in which all of it then takes place; comparing a page of 1,000 clients takes some tens of
 * milliseconds of it, so in a gateway it is no event loop. Whoever runs it holds the lock, see {@link SyncLock}.
 */
public final class SyncRun {

    /**
     * How it is done.
     *
     * @param pageSize clients on a page, at least 1
     * @param patience for how long a source or a database that fails is tried again
     * @param restart from the beginning, though today's batch has a cursor
     * @param acceptAbsent however many clients the source has no more
     */
    public record Settings(int pageSize, Duration patience, boolean restart, boolean acceptAbsent) {

        public Settings {
            if (pageSize < 1) {
                throw new IllegalArgumentException("a page has at least one client");
            }
        }
    }

    /** Hears of what a run does, on its context. Quick, and throws nothing. */
    public interface Listener {

        /** Hears nothing. */
        Listener NONE = new Listener() {};

        /** Begun, or gone on with. */
        default void began(Batch batch) {}

        /**
         * A page is done.
         *
         * @param perSecond clients, since this run began
         */
        default void page(PageDone page, double perSecond) {}

        /** What {@code cids} says of these clients is not what it was, and is committed. */
        default void changed(List<String> clientIds) {}
    }

    private static final Logger log = LoggerFactory.getLogger(SyncRun.class);

    /** Of one page, with the retries that the source's client makes itself. */
    private static final Duration PAGE_LIMIT = Duration.ofMinutes(2);

    private static final long PROGRESS_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final Pool transactions;
    private final ClientSource source;
    private final Settings settings;
    private final Listener listener;
    private final Clock clock;
    private final Batches batches;
    private final PageWork pages;
    private final Patience patience;
    private final Promise<Context> ran = Promise.promise();
    private final CursorWatch cursors = new CursorWatch();

    private long startedNanos;
    private long startedAtTotal;
    private long toldNanos;
    private @Nullable Batch batch;
    private @Nullable Future<AskedPage> ahead;

    /** @param transactions pool; one connection is used at a time */
    public SyncRun(
            Vertx vertx, Pool transactions, ClientSource source, Settings settings, Listener listener, Clock clock) {
        this.transactions = transactions;
        this.source = source;
        this.settings = settings;
        this.listener = listener;
        this.clock = clock;
        this.batches = new Batches(transactions);
        this.pages = new PageWork(transactions, batches);
        this.patience = new Patience(vertx, settings.patience());
    }

    /**
     * Runs.
     *
     * @param token of the lock
     * @return the day's batch, COMPLETED or INTERRUPTED; fails with {@link SyncException.LostLock} or {@link SyncException.Failed}
     */
    public Future<Batch> run(long token) {
        ran.complete(Vertx.currentContext());
        startedNanos = System.nanoTime();
        toldNanos = startedNanos;
        return patience.attempt("beginning the batch", false, () -> batches.begin(token, settings.restart()))
                .compose(this::began)
                .compose(began -> Loop.whileTrue(this::step))
                .compose(read -> end())
                .recover(this::broken);
    }

    /** Ends it at the end of its page; its batch is INTERRUPTED. From any thread, at any time. */
    public void interrupt() {
        stop(new SyncException.Stopped());
    }

    /** Ends it as soon as may be: it is not alone any more. From any thread, at any time. */
    void lose() {
        stop(new SyncException.LostLock());
    }

    private void stop(SyncException reason) {
        ran.future().onSuccess(context -> context.runOnContext(now -> patience.stop(reason)));
    }

    static String correlationId(Batch batch) {
        return "sync-" + batch.date() + "-" + batch.token();
    }

    private Future<Void> began(Batch begun) {
        batch = begun;
        startedAtTotal = begun.counts().total();
        log.info("event=sync.started date={} token={} resumed_at={}", begun.date(), begun.token(), startedAtTotal);
        listener.began(begun);
        return Future.succeededFuture();
    }

    /** One page; whether there is another one. */
    private Future<Boolean> step() {
        Batch before = Objects.requireNonNull(batch);
        return fetched(before.cursor())
                .compose(asked -> {
                    String next = asked.page().next();
                    if (next != null && cursors.goesRound(next)) {
                        return Future.failedFuture(new SyncException.Failed("the source's pages go round in a circle"));
                    }
                    ahead = next == null ? null : ask(next);
                    return patience.attempt("writing a page", false, () -> pages.process(before, asked));
                })
                .map(done -> {
                    batch = done.batch();
                    took(done);
                    return done.batch().cursor() != null;
                });
    }

    /** The page that was asked for ahead; if it failed, it is asked for again. */
    private Future<AskedPage> fetched(@Nullable String cursor) {
        Future<AskedPage> first = ahead;
        ahead = null;
        AheadOnce once = new AheadOnce(first);
        return patience.attempt("asking the source", true, () -> once.or(() -> ask(cursor)));
    }

    private Future<AskedPage> ask(@Nullable String cursor) {
        Instant askedAt = clock.instant();
        return source.page(cursor, settings.pageSize(), Deadline.in(PAGE_LIMIT))
                .map(page -> new AskedPage(page, askedAt));
    }

    private void took(PageDone done) {
        long now = System.nanoTime();
        double perSecond = (done.batch().counts().total() - startedAtTotal) * 1e9 / Math.max(1, now - startedNanos);
        if (!done.changed().isEmpty()) {
            listener.changed(done.changed());
        }
        listener.page(done, perSecond);
        if (now - toldNanos >= PROGRESS_EVERY_NANOS) {
            toldNanos = now;
            told("sync.progress", done.batch(), perSecond);
        }
    }

    private Future<Batch> end() {
        Batch read = Objects.requireNonNull(batch);
        Absences absences = new Absences(transactions, listener::changed);
        return patience.attempt("marking who is absent", false, () -> absences.mark(read, settings.acceptAbsent()))
                .compose(marked -> patience.attempt("completing the batch", false, () -> batches.complete(read)))
                .onSuccess(completed -> told(
                        "sync.completed",
                        completed,
                        (completed.counts().total() - startedAtTotal)
                                * 1e9
                                / Math.max(1, System.nanoTime() - startedNanos)));
    }

    private Future<Batch> broken(Throwable failure) {
        Batch last = batch;
        boolean stopped = failure instanceof SyncException.Stopped;
        if (last == null) {
            log.warn("event=sync.failed reason=\"{}\"", Patience.text(failure));
            return Future.failedFuture(failure instanceof SyncException ? failure : unexpected(failure));
        }
        if (stopped) {
            told("sync.interrupted", last, 0);
        } else {
            log.warn(
                    "event=sync.failed date={} total={} reason=\"{}\"",
                    last.date(),
                    last.counts().total(),
                    Patience.text(failure));
        }
        // If that cannot be written either, the row says RUNNING, and the next run goes on from it all the same.
        Future<Batch> written = batches.breakOff(
                last, stopped ? Status.INTERRUPTED : Status.FAILED, stopped ? null : Patience.text(failure));
        return written.transform(done -> {
            if (stopped) {
                return Future.succeededFuture(done.succeeded() ? done.result() : last);
            }
            return Future.failedFuture(failure instanceof SyncException ? failure : unexpected(failure));
        });
    }

    private static SyncException unexpected(Throwable failure) {
        log.error("event=sync.defect type={}", failure.getClass().getName(), failure);
        return new SyncException.Failed("a defect of ours: " + failure);
    }

    private static void told(String event, Batch batch, double perSecond) {
        log.info(
                "event={} date={} total={} matched={} repaired={} reported={} absent={} per_second={}",
                event,
                batch.date(),
                batch.counts().total(),
                batch.counts().matched(),
                batch.counts().repaired(),
                batch.counts().reported(),
                batch.counts().absent(),
                Math.round(perSecond));
    }

    /** What was asked for ahead is the first attempt, and no later one. */
    private static final class AheadOnce {
        private @Nullable Future<AskedPage> first;

        AheadOnce(@Nullable Future<AskedPage> first) {
            this.first = first;
        }

        Future<AskedPage> or(Supplier<Future<AskedPage>> later) {
            Future<AskedPage> one = first;
            first = null;
            return one == null ? later.get() : one;
        }
    }
}
