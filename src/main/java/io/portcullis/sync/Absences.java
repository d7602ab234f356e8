package io.portcullis.sync;

import io.portcullis.bus.Loop;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/**
 * At the end of a pass: clients that the source has had and that were not met. Marked in short transactions, each under the batch's token; who
 * is marked already is not marked, and not told of, again.
 */
final class Absences {

    /** Below so many known clients half of them may go in a day. */
    static final int FEW = 100;

    private static final int AT_ONCE = 5_000;

    private final Pool transactions;
    private final Consumer<List<String>> changed;

    /** @param changed is told of clients whose {@code cids} is not what it was, after each commit */
    Absences(Pool transactions, Consumer<List<String>> changed) {
        this.transactions = transactions;
        this.changed = changed;
    }

    /**
     * Marks those that are gone.
     *
     * @param batch behind its last page
     * @param whatever how many they are; otherwise it fails with {@link SyncException.Failed}, and marks nobody, where the source had no client
     *     at all, or more than half of those that it is known to have had are gone at once
     */
    Future<Void> mark(Batch batch, boolean whatever) {
        return transactions
                .preparedQuery(CidSql.COUNT_GONE)
                .execute(Tuple.of(batch.startedAt()))
                .compose(rows -> {
                    Row row = rows.iterator().next();
                    long known = row.getLong("known");
                    long gone = row.getLong("gone");
                    if (!whatever && gone > 0 && isIncredible(batch, known, gone)) {
                        return Future.failedFuture(new SyncException.Failed(
                                "the source has named " + batch.counts().total() + " clients, and " + gone + " of the "
                                        + known + " that it had are not among them: is it itself? None was marked as"
                                        + " absent; if it is right, say so by hand: sync run --accept-absent"));
                    }
                    Tuple marking = Tuple.of(batch.startedAt(), AT_ONCE, SyncRun.correlationId(batch));
                    return inParts(batch, CidSql.MARK_GONE, marking)
                            .compose(done -> inParts(batch, CidSql.FORGET, Tuple.of(batch.startedAt(), AT_ONCE)));
                });
    }

    static boolean isIncredible(Batch batch, long known, long gone) {
        return batch.counts().total() == 0 || (known >= FEW && gone > known / 2);
    }

    private Future<Void> inParts(Batch batch, String sql, Tuple values) {
        return Loop.whileTrue(() -> transactions
                .withTransaction(connection -> Batches.hold(connection, batch)
                        .compose(held -> connection.preparedQuery(sql).execute(values)))
                .map(rows -> {
                    List<String> ids = StreamSupport.stream(rows.spliterator(), false)
                            .map(row -> row.getString(0))
                            .toList();
                    changed.accept(ids);
                    return ids.size() == AT_ONCE;
                }));
    }
}
