package io.portcullis.database;

import io.portcullis.testing.TestServers;
import java.net.URI;
import java.sql.SQLException;
import org.postgresql.ds.PGSimpleDataSource;

/** A new, empty database of a real PostgreSQL, and the two roles by which the tests enter it. */
record TestDatabase(PGSimpleDataSource application, PGSimpleDataSource superuser) {

    /** The application's role owns the database and is no superuser, as in production. */
    static TestDatabase empty() {
        String url = TestServers.freshDatabaseUrl();
        return new TestDatabase(sourceOf(url), sourceOf(TestServers.superuserUrl(url)));
    }

    static TestDatabase migrated() {
        TestDatabase database = empty();
        new Migrations(database.application).migrate();
        return database;
    }

    Sql connect() throws SQLException {
        return new Sql(application.getConnection());
    }

    Sql connectAsSuperuser() throws SQLException {
        return new Sql(superuser.getConnection());
    }

    /** A session of a role that has nothing but what {@code grants} (with %s for its name) give it. The role goes with the session. */
    Sql connectAsStranger(String... grants) throws SQLException {
        String role = "stranger_" + Long.toUnsignedString(System.nanoTime(), 36);
        try (Sql sql = connectAsSuperuser()) {
            sql.run("CREATE ROLE " + role + " LOGIN PASSWORD 'stranger'");
            for (String grant : grants) {
                sql.run(grant.formatted(role));
            }
        }
        return new Sql(application.getConnection(role, "stranger")) {
            @Override
            public void close() throws SQLException {
                super.close();
                try (Sql sql = connectAsSuperuser()) {
                    sql.run("DROP OWNED BY " + role + " CASCADE", "DROP ROLE " + role);
                }
            }
        };
    }

    /** From the form {@code postgresql://user:password@host:port/database}. */
    static PGSimpleDataSource sourceOf(String url) {
        URI uri = URI.create(url);
        String[] account = uri.getUserInfo().split(":", 2);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL("jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath());
        source.setUser(account[0]);
        source.setPassword(account[1]);
        return source;
    }
}
