package io.portcullis.database;

import io.portcullis.testing.OwnThread;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** A session, as a person at psql has one: statements as text, rows as text with {@code |} between columns and nothing for NULL. */
class Sql implements AutoCloseable {
    private final Connection connection;

    Sql(Connection connection) {
        this.connection = connection;
    }

    void run(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String text : statements) {
                statement.execute(text);
            }
        }
    }

    List<String> rows(String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> result = new ArrayList<>();
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                StringJoiner row = new StringJoiner("|");
                for (int i = 1; i <= columns; i++) {
                    String value = rows.getString(i);
                    row.add(value == null ? "" : value);
                }
                result.add(row.toString());
            }
            return result;
        }
    }

    /** The first column of the only row. */
    String one(String query) throws SQLException {
        List<String> rows = rows(query);
        if (rows.size() != 1) {
            throw new IllegalStateException(rows.size() + " rows: " + query);
        }
        return rows.get(0);
    }

    long number(String query) throws SQLException {
        return Long.parseLong(one(query));
    }

    void copy(String command, String data) throws SQLException, IOException {
        connection.unwrap(PGConnection.class).getCopyAPI().copyIn(command, new StringReader(data));
    }

    /** On a thread of its own, for a statement that will have to wait. */
    CompletableFuture<Void> runAsync(String statement) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        run(statement);
                    } catch (SQLException e) {
                        throw new CompletionException(e);
                    }
                },
                OwnThread.EACH);
    }

    CompletableFuture<String> oneAsync(String query) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return one(query);
                    } catch (SQLException e) {
                        throw new CompletionException(e);
                    }
                },
                OwnThread.EACH);
    }

    /** What was notified since the last call, waiting at most so long for the first. */
    List<String> notifications(int millis) throws SQLException {
        PGNotification[] received = connection.unwrap(PGConnection.class).getNotifications(millis);
        List<String> result = new ArrayList<>();
        if (received != null) {
            for (PGNotification notification : received) {
                result.add(notification.getName() + " " + notification.getParameter());
            }
        }
        return result;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
