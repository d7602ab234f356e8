package io.portcullis.accounts;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Transactions of administrators: as the tenant that the token is bound to, with the audit row, and with what an Idempotency-Key keeps.
 * Thread-safe; futures complete by the deadline and fail with an {@link AccountsException}.
 */
final class Ledger {

    private final Pool pool;

    Ledger(Pool pool) {
        this.pool = pool;
    }

    /** What is done in a transaction. A refusal must come before anything is written: what was written stays. */
    interface Work {
        Future<Reply> in(Entry entry);
    }

    /** A transaction under way. */
    record Entry(SqlConnection connection, Asked asked) {

        Future<RowSet<Row>> run(String statement, @Nullable Object... values) {
            Tuple tuple = Tuple.tuple();
            for (@Nullable Object value : values) {
                tuple.addValue(value);
            }
            return connection.preparedQuery(statement).execute(tuple);
        }

        /**
         * Writes the audit row.
         *
         * @param payload before and after, without secrets
         */
        Future<Void> audit(
                String action, String entity, @Nullable String tenant, @Nullable String reason, JsonObject payload) {
            Tuple values = Tuple.tuple()
                    .addValue(asked.auditActor())
                    .addValue(action)
                    .addValue(entity)
                    .addValue(tenant)
                    .addValue(asked.correlationId())
                    .addValue(reason)
                    .addValue(payload.encode());
            return connection.preparedQuery(AccountSql.AUDIT).execute(values).mapEmpty();
        }
    }

    /** Reads, as the tenant. */
    <T> Future<T> read(Asked asked, Function<Entry, Future<T>> work) {
        return within(
                asked,
                pool.withTransaction(connection -> begin(connection, asked)
                        .compose(begun -> asTenant(connection, asked))
                        .compose(then -> work.apply(new Entry(connection, asked)))));
    }

    private record Ended(Reply reply, @Nullable String xid, boolean replayed) {}

    /** Changes something, once for each Idempotency-Key. */
    Future<Answered> change(Asked asked, Work work) {
        Future<Ended> ended = pool.withTransaction(connection -> begin(connection, asked)
                .compose(begun -> known(connection, asked))
                .compose(known -> known != null ? Future.succeededFuture(known) : act(connection, asked, work)));
        return within(asked, ended).compose(done -> seq(done, asked)).recover(failure -> {
            Refusal refusal = refusalOf(failure, asked);
            return refusal == null ? Future.failedFuture(failure) : Future.succeededFuture(Answered.refused(refusal));
        });
    }

    /** What was answered under its Idempotency-Key; null where that is new, or where there is none. */
    Future<@Nullable Answered> replay(Asked asked) {
        if (asked.once() == null) {
            return Future.succeededFuture();
        }
        Future<@Nullable Ended> known =
                pool.withTransaction(connection -> begin(connection, asked).compose(begun -> known(connection, asked)));
        return within(asked, known).compose(done -> done == null ? Future.succeededFuture() : seq(done, asked));
    }

    private Future<Ended> act(SqlConnection connection, Asked asked, Work work) {
        return asTenant(connection, asked)
                .compose(then -> work.in(new Entry(connection, asked)))
                .compose(reply -> asOurselves(connection, asked)
                        .compose(then -> keep(connection, asked, reply))
                        .compose(
                                then -> connection.preparedQuery(AccountSql.XID).execute())
                        .map(rows -> new Ended(reply, rows.iterator().next().getString(0), false)));
    }

    private static Future<?> begin(SqlConnection connection, Asked asked) {
        return connection
                .preparedQuery(AccountSql.LIMIT)
                .execute(Tuple.of(asked.deadline().remainingMillis() + "ms"));
    }

    private static Future<?> asTenant(SqlConnection connection, Asked asked) {
        String tenant = asked.principal().tenant();
        return tenant == null
                ? Future.succeededFuture()
                : connection
                        .preparedQuery(AccountSql.AS_TENANT)
                        .execute(Tuple.of(tenant))
                        .recover(failure -> Future.failedFuture(new AccountsException(
                                "the role portcullis_tenant cannot be taken: " + failure.getMessage(), null)));
    }

    private static Future<?> asOurselves(SqlConnection connection, Asked asked) {
        return asked.principal().tenant() == null
                ? Future.succeededFuture()
                : connection.preparedQuery(AccountSql.AS_OURSELVES).execute();
    }

    private static Future<@Nullable Ended> known(SqlConnection connection, Asked asked) {
        Asked.Once once = asked.once();
        if (once == null) {
            return Future.succeededFuture();
        }
        Tuple key = Tuple.of(asked.principal().tokenId(), once.key());
        return connection
                .preparedQuery(AccountSql.ONCE_LOCK)
                .execute(key)
                .compose(locked -> locked.iterator().next().getBoolean(0)
                        ? connection
                                .preparedQuery(AccountSql.ONCE_FIND)
                                .execute(key)
                                .map(found -> known(once, found))
                        : Future.succeededFuture(ended(Refusal.conflict(
                                "a request with this Idempotency-Key is still running; ask again in a moment"))));
    }

    private static @Nullable Ended known(Asked.Once once, RowSet<Row> found) {
        if (found.size() == 0) {
            return null;
        }
        Row row = found.iterator().next();
        if (!row.getString(0).equals(once.requestHash())) {
            return ended(new Refusal(
                    Refusal.Reason.KEY_REUSED, "this Idempotency-Key was used for another request within 24 hours"));
        }
        return new Ended(Envelope.read(row.getString(1)), row.getString(2), true);
    }

    private static Ended ended(Refusal refusal) {
        return new Ended(new Reply.Refused(refusal), null, false);
    }

    private static Future<?> keep(SqlConnection connection, Asked asked, Reply reply) {
        Asked.Once once = asked.once();
        if (once == null
                || (reply instanceof Reply.Refused refused
                        && refused.refusal().reason().passes())) {
            return Future.succeededFuture();
        }
        return connection
                .preparedQuery(AccountSql.ONCE_KEEP)
                .execute(Tuple.of(asked.principal().tokenId(), once.key(), once.requestHash(), Envelope.of(reply)))
                .compose(kept -> connection.preparedQuery(AccountSql.ONCE_PRUNE).execute());
    }

    /** The transaction has its number only when it is committed. What is done is done, also where that cannot be asked any more. */
    private Future<Answered> seq(Ended ended, Asked asked) {
        if (ended.reply() instanceof Reply.Refused) {
            return Future.succeededFuture(new Answered(ended.reply(), null, ended.replayed()));
        }
        return within(
                        asked,
                        pool.preparedQuery(AccountSql.SEQ_OF)
                                .execute(Tuple.tuple().addValue(ended.xid()))
                                .map(rows -> rows.iterator().next().getLong(0)))
                .map(seq -> new Answered(ended.reply(), seq, ended.replayed()))
                .otherwise(new Answered(ended.reply(), null, ended.replayed()));
    }

    private static <T extends @Nullable Object> Future<T> within(Asked asked, Future<T> work) {
        return work.timeout(asked.deadline().remainingMillis(), TimeUnit.MILLISECONDS)
                .recover(failure -> Future.failedFuture(
                        failure instanceof AccountsException
                                ? failure
                                : new AccountsException(
                                        failure instanceof PgException pg
                                                ? "SQL state " + pg.getSqlState() + ": " + pg.getErrorMessage()
                                                : String.valueOf(failure.getMessage()),
                                        failure)));
    }

    /** Whose fault it is that PostgreSQL refused a statement; null where not theirs who asked. */
    private static @Nullable Refusal refusalOf(Throwable failure, Asked asked) {
        if (!(failure.getCause() instanceof PgException pg) || pg.getSqlState() == null) {
            return null;
        }
        String state = pg.getSqlState();
        if (state.startsWith("22")) {
            return Refusal.invalid("PostgreSQL cannot store this value");
        }
        if (state.startsWith("23")) {
            return Refusal.conflict("what is there already does not allow it");
        }
        // Row-level security: it would have been another tenant's.
        return state.equals("42501") && asked.principal().tenant() != null ? Refusal.noClient() : null;
    }
}
