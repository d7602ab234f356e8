package io.portcullis.cache;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a cluster's slot table when there is reason to, from whichever node answers: one reading at a time, and the further apart the
 * longer they are asked for without a pause, 2 s at most. Belongs to one event loop.
 */
final class SlotWatch {

    private static final long NO_TIMER = -1;
    private static final Logger log = LoggerFactory.getLogger(RedisLink.class);
    private static final Request QUESTION = Request.cmd(Command.CLUSTER).arg("SLOTS");

    private final int link;
    private final ContextInternal context;
    private final RedisSettings settings;
    private final Backoff backoff;
    private final RedisTopology.Cluster cluster;
    private final Supplier<List<ServerAddress>> connected;
    private final Consumer<SlotTable> onTable;
    private final Enquiry enquiry;
    private final LinkJournal journal;

    private Set<ServerAddress> masters = Set.of();
    private @Nullable Promise<SlotTable> reading;
    private long readAt = System.nanoTime() - LinkJournal.STABLE;
    private int inARow;
    private long timer = NO_TIMER;
    private boolean closed;
    private volatile boolean failing;

    /**
     * @param connected nodes that answer at the moment, as far as is known: asked first
     * @param onTable is given each table that was read
     */
    SlotWatch(
            int link,
            ContextInternal context,
            RedisSettings settings,
            Backoff backoff,
            RedisDialler dialler,
            RedisTopology.Cluster cluster,
            Supplier<List<ServerAddress>> connected,
            Consumer<SlotTable> onTable) {
        this.link = link;
        this.context = context;
        this.settings = settings;
        this.backoff = backoff;
        this.cluster = cluster;
        this.connected = connected;
        this.onTable = onTable;
        this.enquiry = new Enquiry(dialler, dialler.account());
        this.journal = new LinkJournal(link, cluster.toString());
    }

    /** Whether the last reading failed, and the next is waited for. From any thread. */
    boolean failing() {
        return failing;
    }

    /** The table that is read now or as soon as it may be. */
    Future<SlotTable> refresh() {
        Promise<SlotTable> under = reading;
        if (under != null) {
            return under.future();
        }
        Promise<SlotTable> next = Promise.promise();
        reading = next;
        if (System.nanoTime() - readAt >= LinkJournal.STABLE) {
            inARow = 0;
        }
        if (inARow == 0) {
            // Not from inside a caller's context: the connection must belong to the link's own.
            context.runOnContext(v -> read(next));
        } else {
            timer = context.setTimer(backoff.delayMillis(inARow), id -> read(next));
        }
        return next.future();
    }

    void close() {
        closed = true;
        context.owner().cancelTimer(timer);
        Promise<SlotTable> under = reading;
        if (under != null) {
            under.tryFail(new RedisFailure.Unavailable("link closed"));
        }
    }

    private void read(Promise<SlotTable> next) {
        if (closed) {
            return;
        }
        inARow++;
        Set<ServerAddress> all = new LinkedHashSet<>(connected.get());
        all.addAll(masters);
        all.addAll(cluster.seeds());
        Duration part = settings.connectTimeout().dividedBy(all.size());
        enquiry.ask(List.copyOf(all), RedisOperation.SLOTS, QUESTION, part, SlotTable::read)
                .onComplete((table, failure) -> {
                    readAt = System.nanoTime();
                    reading = null;
                    if (closed) {
                        next.tryFail(new RedisFailure.Unavailable("link closed"));
                    } else if (table != null) {
                        took(table);
                        next.tryComplete(table);
                    } else {
                        failed(failure);
                        next.tryFail(failure);
                    }
                });
    }

    private void took(SlotTable table) {
        failing = false;
        Set<ServerAddress> now = table.masters();
        if (!now.equals(masters)) {
            log.info("event=redis_cluster link={} masters={}", link, now);
        }
        masters = now;
        journal.up();
        journal.newEpisode();
        onTable.accept(table);
    }

    private void failed(@Nullable Throwable failure) {
        failing = true;
        journal.down(failure instanceof RedisFailure known ? known.reason() : "no answer");
        refresh();
    }
}
