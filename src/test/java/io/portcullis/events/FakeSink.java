package io.portcullis.events;

import io.portcullis.bus.Deadline;
import io.portcullis.source.Outcome;
import io.portcullis.source.SourceEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A database in memory that goes away, hangs and refuses when told to. Thread-safe. */
final class FakeSink implements EventSink {

    /** How often each event was committed as new: more than once would be a double. */
    final Map<String, AtomicInteger> applied = new ConcurrentHashMap<>();
    /** The size of each transaction that was tried. */
    final List<Integer> batches = new CopyOnWriteArrayList<>();

    final Set<String> poison = ConcurrentHashMap.newKeySet();
    final AtomicInteger refusals = new AtomicInteger();
    final AtomicInteger failures = new AtomicInteger();
    volatile boolean away;
    /** Transactions with more take too long. */
    volatile int most = Integer.MAX_VALUE;
    /** While there is one, transactions are committed and then say nothing until it completes. */
    volatile @Nullable Promise<Void> hangs;

    @Override
    public Future<List<Outcome>> apply(List<SourceEvent> events, Deadline deadline) {
        batches.add(events.size());
        if (away || events.size() > most) {
            failures.incrementAndGet();
            return Future.failedFuture(new IOException("away"));
        }
        if (events.stream().anyMatch(event -> poison.contains(event.id()))) {
            refusals.incrementAndGet();
            return Future.failedFuture(new Refused("the database refuses it: clients_sound"));
        }
        List<Outcome> outcomes = new ArrayList<>();
        for (SourceEvent event : events) {
            boolean fresh = applied.putIfAbsent(event.id(), new AtomicInteger(1)) == null;
            outcomes.add(fresh ? Outcome.APPLIED : Outcome.DUPLICATE);
        }
        Promise<Void> until = hangs;
        if (until == null) {
            return Future.succeededFuture(outcomes);
        }
        Promise<List<Outcome>> answer = ContextInternal.current().promise();
        until.future().map(outcomes).onComplete(answer);
        return answer.future();
    }

    @Override
    public Future<Void> probe(Deadline deadline) {
        return away ? Future.failedFuture(new IOException("away")) : Future.succeededFuture();
    }

    @Override
    public Future<Boolean> forget(Deadline deadline) {
        return Future.succeededFuture(false);
    }
}
