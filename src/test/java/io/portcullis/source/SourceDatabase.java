package io.portcullis.source;

import io.portcullis.database.Migrations;
import io.portcullis.database.PostgresClients;
import io.portcullis.testing.TestServers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.postgresql.ds.PGSimpleDataSource;

/** A migrated database of the real PostgreSQL, and what the tests of this room want of it. */
final class SourceDatabase implements AutoCloseable {

    private static final PostgresClients.Limits LIMITS =
            new PostgresClients.Limits(16, 1000, 64, Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofHours(1));

    private final Vertx vertx = Vertx.vertx();
    private final String url = TestServers.freshDatabaseUrl();
    private final PostgresClients postgres;
    private final Connection jdbc;

    SourceDatabase() {
        PgConnectOptions options = PgConnectOptions.fromUri(url);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://" + options.getHost() + ":" + options.getPort() + "/" + options.getDatabase());
        source.setUser(options.getUser());
        source.setPassword(options.getPassword());
        new Migrations(source).migrate();
        postgres = PostgresClients.create(vertx, options, LIMITS);
        try {
            jdbc = source.getConnection();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    PostgresClients postgres() {
        return postgres;
    }

    <T> T await(Future<T> future) {
        try {
            return future.await(60, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("no end within a minute", e);
        }
    }

    synchronized void sql(String text) throws SQLException {
        try (Statement statement = jdbc.createStatement()) {
            statement.execute(text);
        }
    }

    synchronized String one(String query) throws SQLException {
        return all(query).get(0);
    }

    /** The first column of all rows. */
    synchronized List<String> all(String query) throws SQLException {
        List<String> column = new ArrayList<>();
        try (Statement statement = jdbc.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                column.add(String.valueOf(rows.getString(1)));
            }
        }
        return column;
    }

    @Override
    public void close() throws SQLException {
        jdbc.close();
        await(vertx.close());
    }
}
