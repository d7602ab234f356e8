package io.portcullis.source;

import io.portcullis.auth.ClientStatus;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads clients with what the source has said of them, and writes what became of them. Statements of one call are pipelined. */
final class SourceStore {

    private SourceStore() {}

    /** As they are, by id; those that nobody knows are left out. Waits for nobody. */
    static Future<Map<String, ClientState>> read(SqlClient sql, Collection<String> clientIds) {
        Tuple ids = sorted(clientIds);
        Future<RowSet<Row>> said = sql.preparedQuery(SourceSql.READ_SAID).execute(ids);
        Future<RowSet<Row>> clients = sql.preparedQuery(SourceSql.READ_CLIENTS).execute(ids);
        return Future.all(said, clients).map(both -> states(clients.result(), said.result()));
    }

    /** The same within a transaction, whose others wait for; all of them, also those that nobody knows. */
    static Future<Map<String, ClientState>> lock(SqlConnection transaction, Collection<String> clientIds) {
        Tuple ids = sorted(clientIds);
        Future<RowSet<Row>> made =
                transaction.preparedQuery(SourceSql.MAKE_SAID).execute(ids);
        Future<RowSet<Row>> said =
                transaction.preparedQuery(SourceSql.LOCK_SAID).execute(ids);
        Future<RowSet<Row>> clients =
                transaction.preparedQuery(SourceSql.LOCK_CLIENTS).execute(ids);
        return Future.all(made, said, clients).map(all -> {
            Map<String, ClientState> known = states(clients.result(), said.result());
            clientIds.forEach(id -> known.computeIfAbsent(id, ClientState::unknown));
            return known;
        });
    }

    /** Writes what has changed. The rows are locked by {@link #lock}. */
    static Future<Void> write(SqlConnection transaction, Collection<Merge> merges, JsonArray audit) {
        JsonArray added = new JsonArray();
        JsonArray changed = new JsonArray();
        JsonArray said = new JsonArray();
        for (Merge merge : merges) {
            ClientState after = merge.after();
            if (!after.known()) {
                added.add(row(after, List.of(Field.all())));
            } else {
                List<Field> fields = merge.changed();
                if (!fields.isEmpty()) {
                    changed.add(row(after, fields)
                            .put("changed", fields.stream().map(Field::text).toList()));
                }
            }
            if (!after.said().equals(merge.before().said())) {
                said.add(said(after));
            }
        }
        List<Future<?>> writes = new ArrayList<>();
        if (!added.isEmpty()) {
            writes.add(execute(transaction, SourceSql.INSERT_CLIENTS, added).map(rows -> {
                if (rows.rowCount() != added.size()) {
                    // Somebody else has just made one of them, and it was not locked.
                    throw new RacedException();
                }
                return rows;
            }));
        }
        if (!changed.isEmpty()) {
            writes.add(execute(transaction, SourceSql.UPDATE_CLIENTS, changed));
        }
        if (!said.isEmpty()) {
            writes.add(execute(transaction, SourceSql.UPDATE_SAID, said));
        }
        if (!audit.isEmpty()) {
            writes.add(execute(transaction, SourceSql.INSERT_AUDIT, audit));
        }
        return Future.all(writes).mapEmpty();
    }

    /** A client that was made between two statements of ours: to be tried again. */
    static final class RacedException extends RuntimeException {
        RacedException() {
            super("a client was made by somebody else meanwhile", null, false, false);
        }
    }

    private static Future<RowSet<Row>> execute(SqlConnection transaction, String sql, JsonArray given) {
        return transaction.preparedQuery(sql).execute(Tuple.of(given.encode()));
    }

    private static Tuple sorted(Collection<String> clientIds) {
        return Tuple.of(new TreeSet<>(clientIds).toArray(new String[0]));
    }

    private static Map<String, ClientState> states(RowSet<Row> clients, RowSet<Row> said) {
        Map<String, ClientState.Said> saidOf = new HashMap<>();
        for (Row row : said) {
            JsonArray stamps = new JsonArray(row.getString("s_stamps"));
            saidOf.put(
                    row.getString("s_id"),
                    new ClientState.Said(
                            ClientStatus.of(row.getString("s_status")),
                            row.getString("s_hash"),
                            StampsText.fields(stamps),
                            StampsText.lowered(stamps)));
        }
        Map<String, ClientState> states = new LinkedHashMap<>();
        for (Row row : clients) {
            String id = Objects.requireNonNull(row.getString("c_id"));
            states.put(id, new ClientState(id, true, values(row), saidOf.getOrDefault(id, ClientState.Said.NOTHING)));
        }
        return states;
    }

    private static Map<Field, @Nullable Object> values(Row row) {
        Map<Field, @Nullable Object> values = new EnumMap<>(Field.class);
        for (Field field : Field.all()) {
            Object value = switch (field) {
                case CLIENT_CODE, TENANT_ID, OWNER_USER_ID, SECRET_HASH, BAP_ID, BAP_URI -> row.getString(field.text());
                case RATE_LIMIT -> row.getInteger(field.text());
                case STATUS -> ClientStatus.of(row.getString(field.text()));
                case ALLOWED_IPS -> networks(row);
                case METADATA -> row.getBoolean("has_metadata") ? Metadata.ofRow(row.getString(field.text())) : null;
            };
            values.put(field, value);
        }
        return values;
    }

    /** Whatever somebody wrote there: what cannot be read is equal to nothing that the source says. */
    private static Networks networks(Row row) {
        @Nullable String[] texts = Objects.requireNonNull(row.getArrayOfStrings(Field.ALLOWED_IPS.text()));
        List<String> cidrs = Arrays.stream(texts).map(String::valueOf).toList();
        Networks networks = Networks.of(cidrs);
        return networks == null ? new Networks(cidrs) : networks;
    }

    private static JsonObject row(ClientState client, List<Field> fields) {
        JsonObject row = new JsonObject().put("client_id", client.clientId());
        fields.forEach(field -> row.put(field.text(), column(client.values().get(field))));
        return row;
    }

    private static @Nullable Object column(@Nullable Object value) {
        if (value instanceof Networks networks) {
            return networks.texts().isEmpty() ? null : new JsonArray(networks.texts());
        }
        if (value instanceof Metadata metadata) {
            return metadata.written();
        }
        return value instanceof ClientStatus status ? status.name() : value;
    }

    private static JsonObject said(ClientState client) {
        ClientState.Said said = client.said();
        return new JsonObject()
                .put("client_id", client.clientId())
                .put("status", said.status() == null ? null : said.status().name())
                .put("secret_hash", said.secretHash())
                .put("stamps", StampsText.write(said.stamps(), said.lowered()));
    }
}
