package io.portcullis;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.testing.TestServers;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/**
 * Writes to a registry as any program with its password may: by plain SQL, past all gateways and all that lies on their way. Returns when
 * the database has acknowledged. Each call is a connection of its own.
 */
final class RegistryWriter {
    private final String database;
    private final Pepper pepper = new Pepper(TestGateway.PEPPER);

    /** @param database {@code postgresql://user:password@host:port/database} */
    RegistryWriter(String database) {
        this.database = database;
    }

    /** An active client and a key of it. */
    TestClient client() throws SQLException {
        return client("ACTIVE");
    }

    TestClient client(String status) throws SQLException {
        String id = UUID.randomUUID().toString();
        String key = ApiKey.generate("test", new SecureRandom());
        sql("INSERT INTO client_registry.clients (client_id, client_code, status) VALUES ('" + id + "', 'code', '"
                + status + "')");
        key(id, key);
        return new TestClient(id, key);
    }

    void key(String clientId, String key) throws SQLException {
        try (Connection connection = TestServers.connect(database);
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) VALUES (?::uuid, ?, ?, ?)")) {
            insert.setString(1, clientId);
            insert.setBytes(2, pepper.digest(key).bytes());
            insert.setString(3, pepper.id());
            insert.setString(4, ApiKey.recognisablePrefix(key));
            insert.executeUpdate();
        }
    }

    void status(String clientId, String status) throws SQLException {
        sql("UPDATE client_registry.clients SET status = '" + status + "' WHERE client_id = '" + clientId + "'");
    }

    /** The number of the newest change that is committed. */
    long seq() throws SQLException {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT client_registry.current_seq()")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    void sql(String text) throws SQLException {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }
}
