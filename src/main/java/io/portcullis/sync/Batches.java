package io.portcullis.sync;

import io.portcullis.sync.Batch.Counts;
import io.portcullis.sync.Batch.Status;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the days. Each write names the token of the lock that it is done under: where the row has a larger one nothing is written, and
 * it fails with {@link SyncException.LostLock}.
 */
final class Batches {

    private static final int LONGEST_ERROR = 1000;

    private final Pool transactions;

    Batches(Pool transactions) {
        this.transactions = transactions;
    }

    /**
     * Begins today's, or goes on with it.
     *
     * @param restart from the beginning, whatever there is
     */
    Future<Batch> begin(long token, boolean restart) {
        return transactions.withTransaction(connection -> connection
                .preparedQuery(BatchSql.BEGIN)
                .execute(Tuple.of(token, restart))
                .compose(Batches::held)
                .compose(today -> connection
                        .preparedQuery(BatchSql.END_FORMER)
                        .execute(Tuple.of(token, today.date()))
                        .map(today)));
    }

    /** Within a page's transaction: its row, locked, if the page is the next one. */
    static Future<Batch> hold(SqlConnection transaction, Batch batch) {
        return transaction
                .preparedQuery(BatchSql.HOLD)
                .execute(Tuple.of(
                        batch.date(),
                        batch.token(),
                        batch.cursor(),
                        batch.counts().total()))
                .compose(Batches::held);
    }

    /** Within a page's transaction, after {@link #hold}: counts its clients, and stands at the next one. */
    static Future<Batch> advance(
            SqlConnection transaction, Batch batch, @Nullable String next, int matched, int repaired, int reported) {
        return transaction
                .preparedQuery(BatchSql.ADVANCE)
                .execute(Tuple.of(batch.date(), batch.token(), next, matched, repaired, reported))
                .compose(Batches::held);
    }

    /**
     * The row behind a page that is counted already: the answer to its commit may have been lost.
     *
     * @param clients of the page
     */
    Future<Batch> behind(Batch batch, @Nullable String next, int clients) {
        return transactions
                .preparedQuery(BatchSql.READ)
                .execute(Tuple.of(batch.date()))
                .compose(Batches::held)
                .compose(now -> now.token() == batch.token()
                                && now.status() == Status.RUNNING
                                && Objects.equals(now.cursor(), next)
                                && now.counts().total() == batch.counts().total() + clients
                        ? Future.succeededFuture(now)
                        : Future.failedFuture(new SyncException.LostLock()));
    }

    Future<Batch> complete(Batch batch) {
        return transactions
                .preparedQuery(BatchSql.COMPLETE)
                .execute(Tuple.of(batch.date(), batch.token()))
                .compose(Batches::held);
    }

    /** Says that it ends before its end. */
    Future<Batch> breakOff(Batch batch, Status status, @Nullable String error) {
        String text =
                error == null || error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR) + "…";
        return transactions
                .preparedQuery(BatchSql.BREAK_OFF)
                .execute(Tuple.of(batch.date(), batch.token(), status.name(), text))
                .compose(Batches::held);
    }

    /** The newest, newest first. */
    static Future<List<Batch>> newest(SqlClient sql, int limit) {
        return sql.preparedQuery(BatchSql.NEWEST)
                .execute(Tuple.of(limit))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(Batches::batch)
                        .toList());
    }

    private static Future<Batch> held(RowSet<Row> rows) {
        return rows.size() == 0
                ? Future.failedFuture(new SyncException.LostLock())
                : Future.succeededFuture(batch(rows.iterator().next()));
    }

    private static Batch batch(Row row) {
        return new Batch(
                row.getLocalDate("batch_date"),
                row.getLong("token"),
                Status.valueOf(row.getString("status")),
                row.getString("cursor"),
                new Counts(
                        row.getLong("total"),
                        row.getLong("matched"),
                        row.getLong("repaired"),
                        row.getLong("reported"),
                        row.getLong("absent")),
                row.getOffsetDateTime("started_at"),
                row.getOffsetDateTime("updated_at"),
                row.getOffsetDateTime("completed_at"),
                row.getString("error"));
    }
}
