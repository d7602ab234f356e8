package io.portcullis.testing;

import io.portcullis.embedded.EmbeddedException;
import io.portcullis.embedded.EmbeddedServers;
import io.portcullis.embedded.FolderInUseException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real PostgreSQL and a real Redis for the tests of this JVM: started by the first who asks, stopped when the JVM ends. They live in
 * {@code target/test-data}, so that only the first run after a clean unpacks and creates; another test JVM at the same time gets a folder
 * of its own.
 */
public final class TestServers {
    private static final int FOLDERS = 16;
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestServers() {}

    /** URL of a new, empty database of the application role. It is dropped by a later run. Costs some 50 ms. */
    public static String freshDatabaseUrl() {
        return freshDatabaseUrl(Holder.SERVERS.postgresUrl(), Holder.SERVERS.superuserUrl());
    }

    /** The same in another server. */
    public static String freshDatabaseUrl(String applicationUrl, String superuserUrl) {
        String name = "test_" + ProcessHandle.current().pid() + "_" + DATABASES.incrementAndGet();
        try (Connection connection = connect(superuserUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name + " OWNER uois_gateway");
        } catch (SQLException e) {
            throw new IllegalStateException("cannot create " + name, e);
        }
        return withDatabase(applicationUrl, name);
    }

    /** The database of {@code databaseUrl} as superuser: for what the application role may not, such as session_replication_role. */
    public static String superuserUrl(String databaseUrl) {
        return withDatabaseOf(databaseUrl, Holder.SERVERS.superuserUrl());
    }

    /** The database of {@code databaseUrl}, by the account and the server of {@code url}. */
    public static String withDatabaseOf(String databaseUrl, String url) {
        return withDatabase(url, URI.create(databaseUrl).getPath().substring(1));
    }

    /** Drops the databases that earlier runs made by {@link #freshDatabaseUrl(String, String)}. */
    public static void dropLeftovers(String superuserUrl) throws SQLException {
        try (Connection connection = connect(superuserUrl);
                Statement statement = connection.createStatement()) {
            List<String> names = new ArrayList<>();
            try (ResultSet rows =
                    statement.executeQuery("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'")) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            for (String name : names) {
                statement.execute("DROP DATABASE " + name + " WITH (FORCE)");
            }
        }
    }

    /** URL of the Redis. It is shared and keeps what earlier tests wrote: use keys of your own, or flush it. */
    public static String redisUrl() {
        return Holder.SERVERS.redisUrl();
    }

    /** A JDBC connection to a {@code postgresql://user:password@host:port/database}. */
    public static Connection connect(String url) throws SQLException {
        URI uri = URI.create(url);
        String[] account = uri.getUserInfo().split(":", 2);
        return DriverManager.getConnection(
                "jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath(), account[0], account[1]);
    }

    private static String withDatabase(String url, String name) {
        return url.substring(0, url.lastIndexOf('/') + 1) + name;
    }

    private static final class Holder {
        static final EmbeddedServers SERVERS = start();

        private static EmbeddedServers start() {
            for (int n = 1; n <= FOLDERS; n++) {
                try {
                    EmbeddedServers servers =
                            EmbeddedServers.start(Path.of("target", n == 1 ? "test-data" : "test-data-" + n));
                    Runtime.getRuntime().addShutdownHook(new Thread(servers::close, "test-servers-stop"));
                    dropLeftovers(servers.superuserUrl());
                    return servers;
                } catch (FolderInUseException taken) {
                    // The next one.
                } catch (EmbeddedException | SQLException e) {
                    throw new IllegalStateException("no servers to test with", e);
                }
            }
            throw new IllegalStateException("all of target/test-data-* are in use");
        }
    }
}
