package io.portcullis.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreMigrationType;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.internal.exception.FlywayMigrateException;

/**
 * Takes a database's schema up to what this build needs, tells where it stands, and takes it down step by step.
 *
 * <p>Every method blocks, for as long as another process migrates the same database plus its own work: call it from a worker thread. Each
 * needs up to four connections of the source at once; a source that opens a new one each time is best. Any thread; several processes at once
 * take turns.
 *
 * <p>The history is the table {@code client_registry.schema_history}. Where the schema is missing it is made, and goes again with the last
 * step down; where somebody else has made it, it stays.
 */
public final class Migrations {
    private static final String SCHEMA = "client_registry";
    private static final String HISTORY = "schema_history";

    /** "migrate" in ASCII. Flyway's own lock does not yet cover the making of the schema and of its history. */
    private static final long TURN = 0x6d69_6772_6174_65L;

    /**
     * The lock under which Flyway itself changes this history (PostgreSQLAdvisoryLockTemplate: "Flyway" in ASCII plus the hash of the quoted
     * table name). A step down takes it, too, and so keeps out a Flyway that somebody runs by hand.
     */
    static final long FLYWAY_LOCK = 0x466c_7977_6179L + "\"client_registry\".\"schema_history\"".hashCode();

    /** Longer than any migration of ours should take; then something is stuck and an operator must look. */
    private static final String TURN_LIMIT = "SET LOCAL lock_timeout = '5min'";

    private final DataSource dataSource;
    private final String up;
    private final String down;

    public Migrations(DataSource dataSource) {
        this(dataSource, "db/migration", "db/rollback");
    }

    /** With scripts from other folders of the class path. */
    Migrations(DataSource dataSource, String up, String down) {
        this.dataSource = dataSource;
        this.up = up;
        this.down = down;
    }

    /**
     * Applies what is pending, each migration in a transaction of its own.
     *
     * @return how many were applied
     * @throws MigrationException if one failed (the message names script and line; those before it stay applied), or if the history does
     *     not fit the scripts of this build
     */
    public int migrate() {
        return inTurn(connection -> {
            try {
                return flyway().migrate().migrationsExecuted;
            } catch (FlywayMigrateException e) {
                throw new MigrationException(
                        "%s, line %d: %s".formatted(e.getMigration().getScript(), e.getLineNumber(), rootMessage(e)),
                        e);
            } catch (FlywayException e) {
                throw new MigrationException(rootMessage(e), e);
            }
        });
    }

    /** Every step known to this build or to the database, oldest first. Changes nothing; an empty database has all of them pending. */
    public List<Migration> status() {
        try {
            return Arrays.stream(flyway().info().all())
                    .filter(Migrations::isStep)
                    .map(Migrations::describe)
                    .toList();
        } catch (FlywayException e) {
            throw new MigrationException(rootMessage(e), e);
        }
    }

    /**
     * Takes back the newest applied step. Its down script and its row of the history go in one transaction, under the lock of
     * {@link #migrate()} and that of Flyway. With the last step goes the history, and the schema if {@link #migrate()} made it and nobody
     * else keeps anything there.
     *
     * @return the step, now pending; empty if there was none
     * @throws MigrationException if the down script failed or this build has none for that step
     */
    public Optional<Migration> rollback() {
        return inTurn(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_advisory_xact_lock(" + FLYWAY_LOCK + ")");
            }
            // Asked for under the locks: nothing can move between the answer and the step.
            MigrationInfo newest = null;
            for (MigrationInfo info : flyway().info().applied()) {
                if (isStep(info)) {
                    newest = info;
                }
            }
            if (newest == null) {
                return Optional.empty();
            }
            String script = script(newest);
            try (Statement statement = connection.createStatement()) {
                statement.execute(text(script));
            } catch (SQLException e) {
                throw new MigrationException(script + ": " + e.getMessage(), e);
            }
            forget(connection, newest);
            connection.commit();
            Migration step = describe(newest);
            return Optional.of(new Migration(step.version(), step.description(), Migration.State.PENDING, null));
        });
    }

    private Flyway flyway() {
        return Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(dataSource)
                .loggers(FlywayLog.class.getName())
                .locations("classpath:" + up)
                .failOnMissingLocations(true)
                .validateMigrationNaming(true)
                // The braces and dollars of SQL are SQL's.
                .placeholderReplacement(false)
                .defaultSchema(SCHEMA)
                .schemas(SCHEMA)
                .createSchemas(true)
                .table(HISTORY)
                // A schema that holds other people's tables is no reason to stop; a table that is in the way is, and
                // its script says so.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .cleanDisabled(true)
                .load();
    }

    /** What is to be done while it is our turn. Whatever it leaves uncommitted on {@code connection} is rolled back. */
    private interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** One process at a time, in one transaction: a lock that outlived its session would stop every later start. */
    private <T> T inTurn(Work<T> work) {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                // Limits that fit a role's queries do not fit its migrations; this transaction idles while Flyway
                // works.
                statement.execute("SET LOCAL statement_timeout = 0");
                statement.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
                statement.execute(TURN_LIMIT);
                statement.execute("SELECT pg_advisory_xact_lock(" + TURN + ")");
                return work.run(connection);
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new MigrationException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void forget(Connection connection, MigrationInfo step) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM client_registry.schema_history WHERE version = ?")) {
            delete.setString(1, step.getVersion().getVersion());
            delete.executeUpdate();
        }
        try (Statement statement = connection.createStatement()) {
            boolean stepsLeft;
            boolean schemaIsOurs;
            try (ResultSet rest =
                    statement.executeQuery("SELECT coalesce(bool_or(type NOT IN ('SCHEMA', 'BASELINE')), false),"
                            + " coalesce(bool_or(type = 'SCHEMA'), false) FROM client_registry.schema_history")) {
                rest.next();
                stepsLeft = rest.getBoolean(1);
                schemaIsOurs = rest.getBoolean(2);
            }
            if (stepsLeft) {
                return;
            }
            statement.execute("DROP TABLE client_registry.schema_history");
            if (schemaIsOurs) {
                dropSchemaIfEmpty(connection, statement);
            }
        }
    }

    private static void dropSchemaIfEmpty(Connection connection, Statement statement) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            statement.execute("DROP SCHEMA client_registry RESTRICT");
        } catch (SQLException e) {
            if (!"2BP01".equals(e.getSQLState())) { // dependent_objects_still_exist
                throw e;
            }
            connection.rollback(before);
        }
    }

    /** The rows by which Flyway remembers who made the schema are no steps. */
    private static boolean isStep(MigrationInfo info) {
        return info.getVersion() != null
                && info.getType() != CoreMigrationType.SCHEMA
                && info.getType() != CoreMigrationType.BASELINE;
    }

    private static Migration describe(MigrationInfo info) {
        Migration.State state = switch (info.getState()) {
            case PENDING -> Migration.State.PENDING;
            case SUCCESS -> Migration.State.APPLIED;
            case FUTURE_SUCCESS -> Migration.State.NEWER;
            default -> Migration.State.BROKEN;
        };
        Date installedOn = info.getInstalledOn();
        return new Migration(
                info.getVersion().getVersion(),
                info.getDescription(),
                state,
                installedOn == null ? null : installedOn.toInstant());
    }

    /** {@code U2__change_log.sql} for {@code V2__change_log.sql}. */
    private String script(MigrationInfo step) {
        String applied = step.getScript();
        return down + "/U" + applied.substring(applied.lastIndexOf('/') + 2);
    }

    private static String text(String script) {
        try (InputStream in = Migrations.class.getClassLoader().getResourceAsStream(script)) {
            if (in == null) {
                throw new MigrationException(script
                        + ": this build has no such script; the step is taken back by the build that applied it");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the database said; without it, what Flyway says. */
    private static String rootMessage(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException) {
                return String.valueOf(cause.getMessage());
            }
        }
        return String.valueOf(e.getMessage());
    }
}
