package io.portcullis.source;

import io.portcullis.bus.Deadline;
import io.portcullis.database.QueryWatch;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Applies the source's events to the registry in PostgreSQL. Futures fail with a {@link SourceException}. Thread-safe. */
public final class SourceWriter {

    private final Pool transactions;
    private final QueryWatch watch;

    /** As below, and nobody sees how long it takes. */
    public SourceWriter(Pool transactions) {
        this(transactions, QueryWatch.NONE);
    }

    /**
     * Over these connections.
     *
     * @param transactions pool for what needs a connection of its own
     * @param watch sees how long each transaction takes
     */
    public SourceWriter(Pool transactions, QueryWatch watch) {
        this.transactions = transactions;
        this.watch = watch;
    }

    /**
     * Applies events in one transaction, with their ids and an audit row for each that was not known. All or none; where the deadline passes,
     * it is not known which: what was applied is a duplicate the next time.
     *
     * @return what became of each, in the order of the events
     */
    public Future<List<Outcome>> apply(List<SourceEvent> events, Deadline deadline) {
        if (events.isEmpty()) {
            return Future.succeededFuture(List.of());
        }
        Future<List<Outcome>> applied = watch.watch(
                "source.apply", () -> transactions.withTransaction(connection -> apply(connection, events)));
        return applied.timeout(deadline.remainingMillis(), TimeUnit.MILLISECONDS)
                .recover(failure -> Future.failedFuture(translate(failure)));
    }

    /**
     * Forgets ids of events that were applied longer ago than that: the source repeats them no more.
     *
     * @param most of one call
     * @return how many were forgotten
     */
    public Future<Integer> forgetEvents(Duration age, int most, Deadline deadline) {
        return transactions
                .preparedQuery(SourceSql.PRUNE)
                .execute(Tuple.of(age.toMillis(), most))
                .timeout(deadline.remainingMillis(), TimeUnit.MILLISECONDS)
                .map(RowSet::rowCount)
                .recover(failure -> Future.failedFuture(translate(failure)));
    }

    private static Future<List<Outcome>> apply(SqlConnection connection, List<SourceEvent> events) {
        Set<String> eventIds = new TreeSet<>();
        events.forEach(event -> eventIds.add(event.id()));
        return connection
                .preparedQuery(SourceSql.REMEMBER)
                .execute(Tuple.of(eventIds.toArray(new String[0])))
                .compose(remembered -> {
                    Set<String> fresh = new HashSet<>();
                    remembered.forEach(row -> fresh.add(row.getString(0)));
                    // Not the clients of the others: who is locked here is also made, if there is no such client.
                    List<SourceEvent> news = firstOf(events, fresh);
                    List<String> clientIds = news.stream()
                            .map(event -> event.record().clientId())
                            .distinct()
                            .toList();
                    return SourceStore.lock(connection, clientIds)
                            .compose(states -> write(connection, events, fresh, states));
                });
    }

    /** Of each of these ids the first: an event may come twice in one batch, or another one may bear its id. */
    private static List<SourceEvent> firstOf(List<SourceEvent> events, Set<String> ids) {
        Set<String> left = new HashSet<>(ids);
        return events.stream().filter(event -> left.remove(event.id())).toList();
    }

    private static Future<List<Outcome>> write(
            SqlConnection connection, List<SourceEvent> events, Set<String> fresh, Map<String, ClientState> states) {
        Map<String, Merge> merges = new LinkedHashMap<>();
        JsonArray audit = new JsonArray();
        List<Outcome> outcomes = new ArrayList<>(events.size());
        for (SourceEvent event : events) {
            // Also the second of two in one batch.
            if (!fresh.remove(event.id())) {
                outcomes.add(Outcome.DUPLICATE);
                continue;
            }
            Merge merge = merges.computeIfAbsent(
                    event.record().clientId(), id -> new Merge(Objects.requireNonNull(states.get(id))));
            Merge.Taken taken = merge.event(event.stamp(), event.record());
            outcomes.add(taken.outcome());
            audit.add(AuditRow.of(event.type().toString(), merge.after(), taken, null, event.id(), told(event)));
        }
        return SourceStore.write(connection, merges.values(), audit).map(outcomes);
    }

    private static JsonObject told(SourceEvent event) {
        JsonObject told = new JsonObject().put("event_id", event.id());
        return event.stamp().version() == 0
                ? told
                : told.put("source_version", event.stamp().version());
    }

    /** Errors of class 22 and 23 are about the data; whatever else it is, the same data may be written another time. */
    static SourceException translate(Throwable failure) {
        if (failure instanceof SourceException known) {
            return known;
        }
        String refusal = SourceException.refusal(failure);
        if (refusal != null) {
            return new SourceException.Refused(refusal, failure);
        }
        String reason = failure instanceof PgException pg
                ? pg.getErrorMessage() + " (" + pg.getSqlState() + ")"
                : failure.getMessage();
        return new SourceException.Unavailable("PostgreSQL: " + reason, failure);
    }
}
