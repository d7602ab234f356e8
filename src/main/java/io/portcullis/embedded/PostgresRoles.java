package io.portcullis.embedded;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.ds.PGSimpleDataSource;

/** Roles beside the application's own, which it may not make itself: one that tenants' administrators are held to. */
final class PostgresRoles {

    private static final int LIMIT_SECONDS = 10;

    private static final String ENSURE = """
            DO $$
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'portcullis_tenant') THEN
                    CREATE ROLE portcullis_tenant NOLOGIN;
                END IF;
                IF NOT pg_has_role('%1$s', 'portcullis_tenant', 'SET') THEN
                    GRANT portcullis_tenant TO %1$s;
                END IF;
            END $$
            """.formatted(PostgresCluster.APPLICATION);

    private PostgresRoles() {}

    /** In a cluster that runs, also one that an older version made. */
    static void ensure(int port, String superuserPassword) throws EmbeddedException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {"127.0.0.1"});
        source.setPortNumbers(new int[] {port});
        source.setDatabaseName(PostgresCluster.APPLICATION);
        source.setUser(PostgresCluster.SUPERUSER);
        source.setPassword(superuserPassword);
        source.setConnectTimeout(LIMIT_SECONDS);
        source.setSocketTimeout(LIMIT_SECONDS);
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(ENSURE);
        } catch (SQLException e) {
            throw new EmbeddedException("cannot prepare PostgreSQL's roles: " + e.getMessage(), e);
        }
    }
}
