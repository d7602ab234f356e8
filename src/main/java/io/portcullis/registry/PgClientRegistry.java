package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.bus.Deadline;
import io.portcullis.database.QueryWatch;
import io.portcullis.freshness.Position;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The registry in PostgreSQL. Look-ups are prepared and pipelined over few connections; a write takes one from the pool for its
 * transaction, with the audit row in it.
 */
public final class PgClientRegistry implements ClientRegistry {

    private static final String CACHED_PLAN_CHANGED = "0A000";

    private final SqlClient lookups;
    private final Pool transactions;
    private final QueryWatch watch;
    private final RowReader rows = new RowReader();

    /**
     * @param lookups pipelining client for point queries
     * @param transactions pool for what needs a connection of its own
     */
    public PgClientRegistry(SqlClient lookups, Pool transactions) {
        this(lookups, transactions, QueryWatch.NONE);
    }

    /** @param watch sees how long each query takes */
    PgClientRegistry(SqlClient lookups, Pool transactions, QueryWatch watch) {
        this.lookups = lookups;
        this.transactions = transactions;
        this.watch = watch;
    }

    @Override
    public Future<Found> find(Query query, Deadline deadline) {
        // Known to be true as of before it was asked for: what changed since may not be in it.
        long asked = System.nanoTime();
        Future<Found> found;
        if (query instanceof Query.ByDigest byDigest) {
            Tuple digest = Tuple.of(Buffer.buffer(byDigest.digest().bytes()));
            found = watch.watch("registry.find_by_digest", () -> one(RegistrySql.FIND_BY_DIGEST, digest))
                    .map(row -> found(row, byDigest, asked));
        } else {
            Tuple id = Tuple.of(((Query.ByClientId) query).clientId());
            found = watch.watch("registry.find_by_client_id", () -> one(RegistrySql.FIND_BY_CLIENT_ID, id))
                    .map(row -> new Found(null, cached(row, rows.client(row)), asked));
        }
        return within(deadline, found);
    }

    @Override
    public Future<Owned> findOwned(String userId, Deadline deadline) {
        Future<Owned> owned = watch.watch(
                "registry.find_owned",
                () -> lookups.preparedQuery(RegistrySql.FIND_OWNED)
                        .execute(Tuple.of(userId, OwnedClients.MOST))
                        .map(rows -> {
                            List<String> ids = new ArrayList<>();
                            for (Row row : rows) {
                                String id = row.getString("c_id");
                                if (id != null) {
                                    ids.add(id);
                                }
                            }
                            return new Owned(
                                    userId,
                                    List.copyOf(ids),
                                    position(rows.iterator().next()));
                        }));
        return within(deadline, owned);
    }

    @Override
    public Future<Written> upsert(ClientDraft client, List<KeyDraft> newKeys, Author author, Deadline deadline) {
        return write(
                deadline,
                connection -> connection
                        .preparedQuery(RegistrySql.UPSERT_CLIENT)
                        .execute(values(client))
                        .map(result -> Objects.requireNonNull(
                                rows.client(result.iterator().next())))
                        .compose(written -> insertKeys(connection, client.clientId(), newKeys)
                                .map(written))
                        .compose(written -> audit(connection, "client.upserted", written, null, author, newKeys)
                                .map(written)));
    }

    @Override
    public Future<Written> addKeys(String clientId, List<KeyDraft> newKeys, Author author, Deadline deadline) {
        return write(
                deadline,
                connection -> connection
                        .preparedQuery(RegistrySql.FIND_BY_CLIENT_ID)
                        .execute(Tuple.of(clientId))
                        .compose(result -> {
                            Client client = rows.client(result.iterator().next());
                            return client == null
                                    ? Future.failedFuture(new RegistryException.ClientNotFound(clientId))
                                    : insertKeys(connection, clientId, newKeys)
                                            .compose(added -> audit(
                                                    connection, "client.keys_added", client, null, author, newKeys))
                                            .map(client);
                        }));
    }

    @Override
    public Future<Written> updateStatus(String clientId, ClientStatus status, Author author, Deadline deadline) {
        return write(
                deadline,
                connection -> connection
                        .preparedQuery(RegistrySql.LOCK_CLIENT)
                        .execute(Tuple.of(clientId))
                        .compose(result -> {
                            if (result.size() == 0) {
                                return Future.failedFuture(new RegistryException.ClientNotFound(clientId));
                            }
                            ClientStatus before =
                                    ClientStatus.of(result.iterator().next().getString("status"));
                            if (before != null && !before.mayBecome(status)) {
                                return Future.failedFuture(new RegistryException.Conflict(
                                        "client " + clientId + " is " + before + " and cannot become " + status));
                            }
                            return connection
                                    .preparedQuery(RegistrySql.UPDATE_STATUS)
                                    .execute(Tuple.of(clientId, status.name()))
                                    .map(updated -> Objects.requireNonNull(
                                            rows.client(updated.iterator().next())))
                                    .compose(after -> before == status
                                            ? Future.succeededFuture(after)
                                            : audit(connection, "client.status", after, before, author, List.of())
                                                    .map(after));
                        }));
    }

    private record InTransaction(Client client, @Nullable String xid) {}

    /** Does the work in one transaction, and asks where in the log that stands: it has its number only when it is committed. */
    private Future<Written> write(Deadline deadline, Function<SqlConnection, Future<Client>> work) {
        Future<InTransaction> committed = transactions.withTransaction(connection -> work.apply(connection)
                .compose(client -> connection
                        .preparedQuery(RegistrySql.CURRENT_XID)
                        .execute()
                        .map(result -> new InTransaction(
                                client, result.iterator().next().getString(0)))));
        return within(deadline, committed)
                .compose(done -> within(
                                deadline,
                                transactions
                                        .preparedQuery(RegistrySql.POSITION_OF)
                                        .execute(Tuple.of(done.xid()))
                                        .map(result ->
                                                position(result.iterator().next())))
                        .map(position -> new Written(done.client(), position))
                        .otherwise(new Written(done.client(), null)));
    }

    /** Whether there is no client at all. */
    public Future<Boolean> isEmpty(Deadline deadline) {
        return within(
                deadline,
                lookups.preparedQuery(RegistrySql.IS_EMPTY)
                        .execute()
                        .map(result -> result.iterator().next().getBoolean(0)));
    }

    private Found found(Row row, Query.ByDigest query, long asked) {
        ClientKey key = rows.key(row, query.digest());
        return new Found(cached(row, key), key == null ? null : cached(row, rows.client(row)), asked);
    }

    private static <T> Cached<T> cached(Row row, @Nullable T value) {
        return new Cached<>(value, position(row));
    }

    private static Position position(Row row) {
        return new Position(row.getString("p_epoch"), row.getLong("p_seq"));
    }

    private Future<Row> one(String sql, Tuple values) {
        Future<Row> row = lookups.preparedQuery(sql)
                .execute(values)
                .map(result -> result.iterator().next());
        // After a migration a cached plan fails once; the driver has dropped it by then.
        return row.recover(failure -> failure instanceof PgException pg && CACHED_PLAN_CHANGED.equals(pg.getSqlState())
                ? lookups.preparedQuery(sql)
                        .execute(values)
                        .map(result -> result.iterator().next())
                : Future.failedFuture(failure));
    }

    private static Tuple values(ClientDraft client) {
        return Tuple.tuple()
                .addValue(client.clientId())
                .addValue(client.clientCode())
                .addValue(client.tenantId())
                .addValue(client.ownerUserId())
                .addValue(client.secretHash())
                .addValue(client.bapId())
                .addValue(client.bapUri())
                .addValue(client.allowedIps().toArray(new String[0]))
                .addValue(client.rateLimit())
                .addValue(client.status().name())
                .addValue(client.scopes().toArray(new String[0]))
                .addValue(client.graceSeconds())
                .addValue(client.metadata());
    }

    private static Future<?> insertKeys(SqlConnection connection, String clientId, List<KeyDraft> keys) {
        if (keys.isEmpty()) {
            return Future.succeededFuture();
        }
        List<Tuple> batch = keys.stream()
                .map(key -> Tuple.tuple()
                        .addValue(clientId)
                        .addValue(Buffer.buffer(key.digest().bytes()))
                        .addValue(key.pepperId())
                        .addValue(key.prefix())
                        .addValue(key.name())
                        .addValue(key.scopes().toArray(new String[0]))
                        .addValue(
                                key.notBefore() == null
                                        ? null
                                        : OffsetDateTime.ofInstant(key.notBefore(), ZoneOffset.UTC))
                        .addValue(
                                key.expiresAt() == null
                                        ? null
                                        : OffsetDateTime.ofInstant(key.expiresAt(), ZoneOffset.UTC)))
                .toList();
        return connection.preparedQuery(RegistrySql.INSERT_KEY).executeBatch(batch);
    }

    /** Ids and states only: what a secret is hashed to is nobody's business here either. */
    private static Future<?> audit(
            SqlConnection connection,
            String action,
            Client after,
            @Nullable ClientStatus before,
            Author author,
            List<KeyDraft> newKeys) {
        JsonObject payload =
                new JsonObject().put("status", after.status().name()).put("version", after.version());
        if (before != null) {
            payload.put("status_before", before.name());
        }
        if (!newKeys.isEmpty()) {
            payload.put("new_keys", newKeys.stream().map(KeyDraft::prefix).toList());
        }
        return connection
                .preparedQuery(RegistrySql.INSERT_AUDIT)
                .execute(Tuple.tuple()
                        .addValue(author.actor())
                        .addValue(action)
                        .addValue(after.clientId())
                        .addValue(after.tenantId())
                        .addValue(author.correlationId())
                        .addValue(author.reason())
                        .addValue(payload.encode()));
    }

    /** Bounds the wait and names the failure. A constraint that was broken is the writer's affair; all else is the database's. */
    static <T> Future<T> within(Deadline deadline, Future<T> work) {
        Future<T> bounded = work.timeout(deadline.remainingMillis(), TimeUnit.MILLISECONDS);
        return bounded.recover(failure -> Future.failedFuture(translate(failure)));
    }

    private static RegistryException translate(Throwable failure) {
        if (failure instanceof RegistryException known) {
            return known;
        }
        if (failure instanceof PgException pg
                && pg.getSqlState() != null
                && pg.getSqlState().startsWith("23")) {
            return new RegistryException.Conflict("the database refused the record: "
                    + Objects.requireNonNullElse(pg.getConstraint(), pg.getSqlState()));
        }
        if (failure instanceof ConnectionPoolTooBusyException) {
            return RegistryException.overloaded();
        }
        if (failure instanceof TimeoutException) {
            return new RegistryException.Unavailable("no answer from PostgreSQL in time", failure);
        }
        return new RegistryException.Unavailable("PostgreSQL failed: " + failure.getMessage(), failure);
    }
}
