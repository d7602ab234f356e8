package io.portcullis.events;

import io.portcullis.bus.Deadline;
import io.portcullis.bus.Loop;
import io.portcullis.cache.StreamEntry;
import io.portcullis.source.EventType;
import io.portcullis.source.Outcome;
import io.portcullis.source.SourceEvent;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies entries. All in one transaction; where that is refused, in halves, until it is known which one was meant; where PostgreSQL does not
 * answer, again and again, in smaller pieces until it does: it may be that it takes too long for all at once. Belongs to one event loop.
 */
final class BatchWriter {

    private static final Logger log = LoggerFactory.getLogger(BatchWriter.class);

    /** Of a transaction. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** A stream could bring any number of them. */
    private static final int MOST_TYPES_TOLD = 100;

    private final EventSink sink;
    private final Outage database;
    private final EventMeters meters;
    private final Set<String> foreignTypes = new HashSet<>();
    private int piece = Integer.MAX_VALUE;
    private long succeededAt;
    private boolean succeeded;

    BatchWriter(EventSink sink, Outage database, EventMeters meters) {
        this.sink = sink;
        this.database = database;
        this.meters = meters;
    }

    private record Item(int place, SourceEvent event) {}

    /** One for each entry, in their order. Fails with {@link Outage.Stopped} only; then some may be applied all the same. */
    Future<List<Verdict>> write(List<StreamEntry> entries) {
        List<@Nullable Verdict> verdicts = new ArrayList<>(Collections.nCopies(entries.size(), null));
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Reading reading = EventReader.read(entries.get(i));
            if (reading instanceof Reading.Event known) {
                items.add(new Item(i, known.event()));
            } else if (reading instanceof Reading.Foreign foreign) {
                tell(foreign.type());
                set(verdicts, i, new Verdict(null, Verdict.Outcome.IGNORED, null));
            } else if (reading instanceof Reading.Fault fault) {
                set(verdicts, i, Verdict.failed(fault.type(), fault.reason()));
            }
        }
        Deque<List<Item>> work = new ArrayDeque<>();
        if (!items.isEmpty()) {
            work.push(items);
        }
        return Loop.whileTrue(() -> work.isEmpty() ? Future.succeededFuture(false) : step(work, verdicts))
                .map(done -> List.copyOf(verdicts));
    }

    private Future<Boolean> step(Deque<List<Item>> work, List<@Nullable Verdict> verdicts) {
        List<Item> next = work.pop();
        if (next.size() > piece) {
            work.push(next.subList(piece, next.size()));
            next = next.subList(0, piece);
        }
        List<Item> items = next;
        long start = System.nanoTime();
        return sink.apply(items.stream().map(Item::event).toList(), Deadline.in(LIMIT))
                .transform(result -> {
                    if (result.succeeded()) {
                        meters.batch(System.nanoTime() - start);
                        answered();
                        piece = piece > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE : piece * 2;
                        settle(items, result.result(), verdicts);
                        return Future.succeededFuture(true);
                    }
                    if (result.cause() instanceof EventSink.Refused refused) {
                        answered();
                        takeApart(items, refused.reason(), work, verdicts);
                        return Future.succeededFuture(true);
                    }
                    work.push(items);
                    piece = Math.max(1, items.size() / 2);
                    return database.waitAfter(result.cause()).map(true);
                });
    }

    private void settle(List<Item> items, List<Outcome> outcomes, List<@Nullable Verdict> verdicts) {
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            EventType type = item.event().type();
            set(verdicts, item.place(), new Verdict(type, Verdict.Outcome.of(outcomes.get(i)), null));
        }
    }

    private void takeApart(List<Item> items, String reason, Deque<List<Item>> work, List<@Nullable Verdict> verdicts) {
        if (items.size() == 1) {
            Item poison = items.get(0);
            set(verdicts, poison.place(), Verdict.failed(poison.event().type(), reason));
            return;
        }
        int half = items.size() / 2;
        work.push(items.subList(half, items.size()));
        work.push(items.subList(0, half));
    }

    private void set(List<@Nullable Verdict> verdicts, int place, Verdict verdict) {
        verdicts.set(place, verdict);
        meters.count(verdict.type(), verdict.outcome());
    }

    private void answered() {
        database.over();
        succeeded = true;
        succeededAt = System.nanoTime();
    }

    /** Completes when something could be written a moment ago. Fails with {@link Outage.Stopped} only. */
    Future<Void> whenWritable() {
        if (succeeded && System.nanoTime() - succeededAt < Duration.ofSeconds(1).toNanos()) {
            return Future.succeededFuture();
        }
        return database.persist(() -> sink.probe(Deadline.in(LIMIT)), failure -> true)
                .onSuccess(done -> answered());
    }

    private void tell(String type) {
        if (foreignTypes.size() < MOST_TYPES_TOLD && foreignTypes.add(type)) {
            log.info("event=admin_events.unknown_type type={}", type);
        }
    }
}
