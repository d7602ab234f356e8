package io.portcullis.load;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The registry's tables, as whoever has a connection to the database sees and writes them. Not thread-safe. */
final class Registry implements AutoCloseable {

    private final Connection connection;

    Registry(Connection connection) {
        this.connection = connection;
    }

    /** The clients that {@link Seed} has made, in the order of its keys. */
    List<String> seededClients() throws SQLException {
        List<String> ids = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(
                "select client_id from client_registry.clients where tenant_id = ? order by client_code")) {
            select.setString(1, Seed.TENANT);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
        }
        return ids;
    }

    /** Has each of the clients name that limit. */
    void limit(List<String> clientIds, String policy) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update client_registry.clients
                set metadata = coalesce(metadata, '{}'::jsonb) || jsonb_build_object('limit_policy', ?)
                where client_id::text = any(?)""")) {
            update.setString(1, policy);
            update.setArray(2, connection.createArrayOf("text", clientIds.toArray()));
            if (update.executeUpdate() != clientIds.size()) {
                throw new SQLException("not all of the clients are there");
            }
        }
    }

    /** Gives each of the clients an owner of its own. */
    void own(List<String> clientIds) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "update client_registry.clients set owner_user_id = 'user-' || client_code where client_id::text = any(?)")) {
            update.setArray(1, connection.createArrayOf("text", clientIds.toArray()));
            if (update.executeUpdate() != clientIds.size()) {
                throw new SQLException("not all of the clients are there");
            }
        }
    }

    void revoke(String clientId) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "update client_registry.clients set status = 'REVOKED' where client_id = ?::uuid")) {
            update.setString(1, clientId);
            if (update.executeUpdate() != 1) {
                throw new SQLException("no client " + clientId);
            }
        }
    }

    /** Changes something of the client that a caller is told, and so decides. */
    void touch(String clientId, String value) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "update client_registry.clients set bap_id = ? where client_id = ?::uuid")) {
            update.setString(1, value);
            update.setString(2, clientId);
            if (update.executeUpdate() != 1) {
                throw new SQLException("no client " + clientId);
            }
        }
    }

    /** As {@link #touch}, of all seeded clients whose code is the first or behind it, in one statement, and without its commit. */
    int touchAllFrom(String firstCode, String value) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement update = connection.prepareStatement(
                "update client_registry.clients set bap_id = ? || client_code where tenant_id = ? and client_code >= ?")) {
            update.setString(1, value);
            update.setString(2, Seed.TENANT);
            update.setString(3, firstCode);
            return update.executeUpdate();
        }
    }

    void commit() throws SQLException {
        connection.commit();
        connection.setAutoCommit(true);
    }

    /** When each of the clients was last changed, in microseconds since 1970: a moment before the change became visible to anybody. */
    Map<String, Long> commitMicros(List<String> clientIds) throws SQLException {
        Map<String, Long> moments = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement("""
                select h.id, (extract(epoch from max(c.committed_at)) * 1000000)::bigint
                from client_registry.registry_changes h join client_registry.registry_commits c using (xid)
                where h.kind = 'client' and h.op = 'U' and h.id = any(?) group by h.id""")) {
            select.setArray(1, connection.createArrayOf("text", clientIds.toArray()));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    moments.put(rows.getString(1), rows.getLong(2));
                }
            }
        }
        return moments;
    }

    /**
     * Whether the node that was started last has said that it has applied all that is committed. Costs it nothing: it says so anyway. A
     * node that was killed may have left its own word behind.
     */
    boolean isApplied() throws SQLException {
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("""
                        select applied_seq >= client_registry.current_seq()
                        from client_registry.node_heartbeats order by started_at desc limit 1""")) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** Does now what the server would do some time after so many rows were written, in the middle of a measurement. */
    void tidyUp() throws SQLException {
        try (Statement vacuum = connection.createStatement()) {
            for (String table : List.of("clients", "client_keys", "registry_changes", "registry_commits")) {
                vacuum.execute("vacuum (analyze) client_registry." + table);
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
