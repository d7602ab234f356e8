package io.portcullis.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * The rows and sequences of schema {@code client_registry} at a moment, to go back to later: what {@code pg_dump} keeps and
 * {@code pg_restore --clean} leaves behind in the same cluster. Nothing of the way back is in the change log, nobody is notified, and the
 * epoch is as it was, since system identifier and timeline belong to the cluster and its counter to the rows: to the nodes the log has
 * silently run backwards.
 *
 * <p>The schema itself is not kept: no migration may come between.
 */
public final class DatabaseSnapshot {
    private final Map<String, byte[]> rows;
    private final List<String> sequences;

    private DatabaseSnapshot(Map<String, byte[]> rows, List<String> sequences) {
        this.rows = rows;
        this.sequences = sequences;
    }

    /** Of one moment for the rows; sequences, as in a dump, may be ahead of them. */
    public static DatabaseSnapshot take(String superuserUrl) throws SQLException, IOException {
        try (Connection connection = TestServers.connect(superuserUrl);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            Map<String, byte[]> rows = new LinkedHashMap<>();
            for (String table : column(statement, """
                    SELECT c.oid::regclass::text FROM pg_class c
                    WHERE c.relnamespace = 'client_registry'::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_history'
                    ORDER BY 1""")) {
                ByteArrayOutputStream copied = new ByteArrayOutputStream();
                copying(connection).copyOut("COPY " + table + " TO STDOUT", copied);
                rows.put(table, copied.toByteArray());
            }
            List<String> sequences = new ArrayList<>();
            for (String sequence : column(statement, """
                    SELECT c.oid::regclass::text FROM pg_class c
                    WHERE c.relnamespace = 'client_registry'::regnamespace AND c.relkind = 'S'""")) {
                sequences.addAll(column(
                        statement,
                        "SELECT format('SELECT setval(%L, %s, %L)', '" + sequence + "', last_value, is_called) FROM "
                                + sequence));
            }
            connection.rollback();
            return new DatabaseSnapshot(rows, sequences);
        }
    }

    /** In one transaction, which waits for those under way and keeps everybody else waiting. */
    public void restore(String superuserUrl) throws SQLException, IOException {
        try (Connection connection = TestServers.connect(superuserUrl);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SET LOCAL lock_timeout = '20s'");
            statement.execute("LOCK TABLE " + String.join(", ", rows.keySet()) + " IN ACCESS EXCLUSIVE MODE");
            // Keeps foreign keys and every other trigger of the ordinary kind quiet; ours are ENABLE ALWAYS.
            statement.execute("SET LOCAL session_replication_role = replica");
            List<String> enabling = column(statement, """
                    SELECT format('ALTER TABLE %s ENABLE %s TRIGGER %I', t.tgrelid::regclass,
                        CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.tgname)
                    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                    WHERE c.relnamespace = 'client_registry'::regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'D'""");
            for (String table : rows.keySet()) {
                statement.execute("ALTER TABLE " + table + " DISABLE TRIGGER USER");
            }
            statement.execute("TRUNCATE " + String.join(", ", rows.keySet()));
            for (Map.Entry<String, byte[]> table : rows.entrySet()) {
                copying(connection)
                        .copyIn("COPY " + table.getKey() + " FROM STDIN", new ByteArrayInputStream(table.getValue()));
            }
            for (String sequence : sequences) {
                statement.execute(sequence);
            }
            for (String trigger : enabling) {
                statement.execute(trigger);
            }
            connection.commit();
        }
    }

    private static CopyManager copying(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getCopyAPI();
    }

    private static List<String> column(Statement statement, String query) throws SQLException {
        List<String> values = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }
}
