package io.portcullis.registry;

import io.portcullis.auth.ClientStatus;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The registry to read in: lists, searches and shows clients for people, from PostgreSQL and from no cache. Not for deciding a request.
 * Futures fail with a {@link RegistryException} and complete by the deadline.
 */
public final class ClientDirectory {

    /** Keys that are shown of one client. */
    public static final int MOST_KEYS = 1000;

    /** Ids that a message names where a code is ambiguous. */
    private static final int NAMED = 5;

    private static final Pattern ID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    private final SqlClient sql;
    private final RowReader rows = new RowReader();

    public ClientDirectory(SqlClient sql) {
        this.sql = sql;
    }

    /** Whether the text has the form of a client id. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /**
     * The clients in the order of their ids.
     *
     * @param after id of the last one known; null to begin
     * @param status of these only; null for all
     * @param limit at least 1
     */
    public Future<ClientPage> list(
            @Nullable String after, @Nullable ClientStatus status, int limit, Deadline deadline) {
        Tuple values = Tuple.of(after, status == null ? null : status.name(), limit + 1);
        return query(DirectorySql.LIST, values, deadline).map(found -> {
            List<ClientEntry> clients = stream(found).map(this::client).toList();
            return new ClientPage(clients.subList(0, Math.min(limit, clients.size())), clients.size() > limit);
        });
    }

    /** The client with its keys; fails with {@link RegistryException.ClientNotFound}. */
    public Future<ClientDetails> show(String clientId, Deadline deadline) {
        return query(DirectorySql.CLIENT_BY_ID, Tuple.of(clientId), deadline).compose(found -> {
            if (found.size() == 0) {
                return Future.failedFuture(new RegistryException.ClientNotFound(clientId));
            }
            ClientEntry client = client(found.iterator().next());
            return query(DirectorySql.KEYS, Tuple.of(clientId, MOST_KEYS + 1), deadline)
                    .map(keys -> details(client, keys));
        });
    }

    /**
     * The id of the client that is named by it or by its code. Whether there is a client of an id is not asked.
     *
     * @return fails with {@link RegistryException.ClientNotFound}, or with {@link RegistryException.Conflict} where several clients have
     *     the code
     */
    public Future<String> idOf(String idOrCode, Deadline deadline) {
        if (isId(idOrCode)) {
            return Future.succeededFuture(UUID.fromString(idOrCode).toString());
        }
        return idsOf(idOrCode, deadline).compose(ids -> switch (ids.size()) {
            case 0 -> Future.failedFuture(new RegistryException.ClientNotFound(idOrCode));
            case 1 -> Future.succeededFuture(ids.get(0));
            default ->
                Future.failedFuture(new RegistryException.Conflict("several clients have the code " + idOrCode
                        + "; name one by its id: " + String.join(", ", ids.subList(0, Math.min(NAMED, ids.size())))
                        + (ids.size() > NAMED ? ", …" : "")));
        });
    }

    /** Ids of clients with the code, a few at most: nothing keeps codes unique. */
    public Future<List<String>> idsOf(String code, Deadline deadline) {
        return query(DirectorySql.IDS_BY_CODE, Tuple.of(code, NAMED + 1), deadline)
                .map(found -> stream(found).map(row -> text(row, "client_id")).toList());
    }

    private Future<RowSet<Row>> query(String statement, Tuple values, Deadline deadline) {
        return PgClientRegistry.within(deadline, sql.preparedQuery(statement).execute(values));
    }

    private ClientEntry client(Row row) {
        return new ClientEntry(
                text(row, "c_id"),
                row.getString("c_code"),
                row.getString("c_tenant"),
                row.getString("c_owner"),
                row.getString("c_bap_id"),
                row.getString("c_bap_uri"),
                texts(row, "c_ips"),
                row.getInteger("c_rate"),
                text(row, "c_status"),
                texts(row, "c_scopes"),
                row.getInteger("c_grace"),
                row.getString("c_secret") != null,
                text(row, "c_created"),
                text(row, "c_updated"),
                row.getString("c_synced"),
                row.getLong("c_version"),
                Objects.requireNonNull(rows.client(row)).fault());
    }

    private static ClientDetails details(ClientEntry client, RowSet<Row> found) {
        List<KeyEntry> keys = new ArrayList<>();
        for (Row row : found) {
            keys.add(new KeyEntry(
                    text(row, "k_id"),
                    text(row, "k_prefix"),
                    row.getString("k_name"),
                    text(row, "k_status"),
                    texts(row, "k_scopes"),
                    row.getString("k_from"),
                    row.getString("k_until"),
                    text(row, "k_created"),
                    row.getString("k_used"),
                    row.getLong("k_uses")));
        }
        return new ClientDetails(client, keys.subList(0, Math.min(MOST_KEYS, keys.size())), keys.size() > MOST_KEYS);
    }

    private static Stream<Row> stream(RowSet<Row> found) {
        return StreamSupport.stream(found.spliterator(), false);
    }

    private static String text(Row row, String column) {
        return Objects.requireNonNull(row.getString(column), column);
    }

    /** An entry that is null in the row is shown as an empty one. */
    private static List<String> texts(Row row, String column) {
        @Nullable String[] entries = Objects.requireNonNull(row.getArrayOfStrings(column), column);
        return Arrays.stream(entries).map(entry -> entry == null ? "" : entry).toList();
    }
}
