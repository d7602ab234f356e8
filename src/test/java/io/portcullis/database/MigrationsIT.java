package io.portcullis.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MigrationsIT {
    private final TestDatabase database = TestDatabase.empty();
    private final Migrations migrations = new Migrations(database.application());

    @Test
    void upThenDownLeavesTheDatabaseAsItWasAndUpAgainMakesTheSameSchema() throws Exception {
        List<String> before = catalog();
        assertThat(migrations.status()).isNotEmpty().allMatch(step -> step.state() == Migration.State.PENDING);
        assertThat(catalog()).as("asking changes nothing").isEqualTo(before);

        int applied = migrations.migrate();
        List<String> up = catalog();
        List<Migration> status = migrations.status();
        assertThat(status).hasSize(applied).allMatch(step -> step.state() == Migration.State.APPLIED);
        assertThat(status).extracting(Migration::installedOn).doesNotContainNull();
        assertThat(status.get(0).description()).isEqualTo("registry");
        assertThat(migrations.migrate()).as("a second time").isZero();

        for (int step = applied; step > 0; step--) {
            assertThat(migrations.rollback())
                    .map(Migration::version)
                    .hasValue(status.get(step - 1).version());
        }
        assertThat(migrations.rollback()).isEmpty();
        assertThat(catalog()).isEqualTo(before);

        assertThat(migrations.migrate()).isEqualTo(applied);
        assertThat(catalog()).isEqualTo(up);
    }

    @Test
    void everyStepDownTakesBackWhatItsStepUpMade() throws Exception {
        List<List<String>> levels = new ArrayList<>();
        int applied = migrations.migrate();
        for (int step = applied; step > 0; step--) {
            levels.add(catalog());
            migrations.rollback();
        }
        // Down one and up again, from every level.
        migrations.migrate();
        for (List<String> level : levels) {
            assertThat(catalog()).isEqualTo(level);
            migrations.rollback();
        }
    }

    @Test
    void gatewaysThatStartTogetherOnAnEmptyDatabaseMigrateItOnce() throws Exception {
        assertThat(together(8, migrations::migrate).stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isEqualTo(migrations.status().size());
        assertThat(migrations.status()).allMatch(step -> step.state() == Migration.State.APPLIED);
    }

    @Test
    void stepsDownAtTheSameTimeAreTakenOneByOne() throws Exception {
        int applied = migrations.migrate();

        List<Optional<Migration>> taken = together(applied + 1, migrations::rollback);

        assertThat(taken.stream().flatMap(Optional::stream).map(Migration::version))
                .doesNotHaveDuplicates()
                .hasSize(applied);
    }

    @Test
    void aSchemaThatSomebodyElseMadeIsUsedAndStays() throws Exception {
        try (Sql sql = database.connect()) {
            sql.run("CREATE SCHEMA client_registry", "CREATE TABLE client_registry.notes (text TEXT)");
        }
        List<String> before = catalog();

        int applied = migrations.migrate();
        assertThat(migrations.status()).hasSize(applied);
        for (int step = 0; step < applied; step++) {
            migrations.rollback();
        }

        assertThat(catalog()).isEqualTo(before);
    }

    @Test
    void aSchemaIsEnoughWhereTheRoleMayNotMakeOne() throws Exception {
        try (Sql sql = database.connectAsStranger(
                "CREATE SCHEMA client_registry AUTHORIZATION %s", "REVOKE CREATE ON SCHEMA public FROM %s")) {
            var source = database.application();
            source.setUser(sql.one("SELECT current_user"));
            source.setPassword("stranger");

            assertThat(new Migrations(source).migrate()).isPositive();
        }
    }

    @Test
    void whatOthersPutIntoOurSchemaKeepsItThere() throws Exception {
        int applied = migrations.migrate();
        try (Sql sql = database.connect()) {
            sql.run("CREATE TABLE client_registry.notes (text TEXT)");
        }

        for (int step = 0; step < applied; step++) {
            migrations.rollback();
        }

        assertThat(catalog())
                .anyMatch(line -> line.contains("notes"))
                .noneMatch(line -> line.contains("schema_history"));
    }

    @Test
    void aBrokenMigrationNamesScriptAndLineAndLeavesNothingOfItself() throws Exception {
        Migrations broken = new Migrations(database.application(), "db/broken/migration", "db/broken/rollback");

        assertThatThrownBy(broken::migrate)
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("V2__half.sql")
                .hasMessageContaining("line 5")
                .hasMessageContaining("missing");

        assertThat(catalog()).anyMatch(line -> line.contains("whole")).noneMatch(line -> line.contains("half"));
        assertThat(broken.status())
                .extracting(Migration::state)
                .containsExactly(Migration.State.APPLIED, Migration.State.PENDING);
    }

    @Test
    void aBrokenStepDownNamesItsScriptAndLeavesTheStepApplied() throws Exception {
        Migrations broken = new Migrations(database.application(), "db/broken/migration", "db/broken/rollback");
        assertThatThrownBy(broken::migrate).isInstanceOf(MigrationException.class);
        List<String> before = catalog();

        assertThatThrownBy(broken::rollback)
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("U1__whole.sql")
                .hasMessageContaining("missing");

        assertThat(catalog()).isEqualTo(before);
    }

    @Test
    void aStepOfANewerBuildIsShownAndNotTakenBackBlindly() throws Exception {
        int applied = migrations.migrate();
        try (Sql sql = database.connect()) {
            sql.run("INSERT INTO client_registry.schema_history SELECT max(installed_rank) + 1, '999', 'later', 'SQL',"
                    + " 'V999__later.sql', 1, current_user, now(), 1, true FROM client_registry.schema_history");
        }

        assertThat(migrations.migrate())
                .as("an older gateway starts on a newer schema")
                .isZero();
        assertThat(migrations.status()).hasSize(applied + 1).last().satisfies(step -> {
            assertThat(step.version()).isEqualTo("999");
            assertThat(step.state()).isEqualTo(Migration.State.NEWER);
        });
        assertThatThrownBy(migrations::rollback).hasMessageContaining("U999__later.sql");
    }

    @Test
    void theLockOfAStepDownIsTheOneFlywayMigratesUnder() throws Exception {
        new Migrations(database.application(), "db/locks", "db/locks").migrate();

        try (Sql sql = database.connect()) {
            assertThat(sql.rows("SELECT key FROM client_registry.locks_seen"))
                    .contains(String.valueOf(Migrations.FLYWAY_LOCK));
        }
    }

    /** All start at once; each result, or the first failure. */
    private static <T> List<T> together(int count, Callable<T> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            List<T> results = new ArrayList<>();
            List<Callable<T>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(work);
            }
            for (Future<T> result : threads.invokeAll(all, 60, TimeUnit.SECONDS)) {
                results.add(result.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    /** Everything in the database that is not PostgreSQL's own, one line each. */
    private List<String> catalog() throws SQLException {
        try (Sql sql = database.connect()) {
            return sql.rows("""
                    WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
                    SELECT 'schema', nspname, '' FROM ours
                    UNION ALL
                    SELECT concat('relation ', relkind), oid::regclass::text, concat(array_to_string(reloptions, ','), relreplident)
                    FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours)
                    UNION ALL
                    SELECT 'column', concat(attrelid::regclass, '.', attname),
                        concat(format_type(atttypid, atttypmod), attnotnull, attidentity,
                            (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum))
                    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
                    WHERE relnamespace IN (SELECT oid FROM ours) AND attnum > 0
                    UNION ALL
                    SELECT 'constraint', concat(conrelid::regclass, '.', conname), pg_get_constraintdef(oid)
                    FROM pg_constraint WHERE connamespace IN (SELECT oid FROM ours)
                    UNION ALL
                    SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
                    FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace IN (SELECT oid FROM ours)
                    UNION ALL
                    SELECT 'trigger', concat(tgrelid::regclass, '.', tgname), concat(tgenabled, pg_get_triggerdef(oid))
                    FROM pg_trigger WHERE NOT tgisinternal
                    UNION ALL
                    SELECT 'function', oid::regprocedure::text, concat(pg_get_functiondef(oid), proacl)
                    FROM pg_proc WHERE pronamespace IN (SELECT oid FROM ours)
                    ORDER BY 1, 2, 3
                    """);
        }
    }
}
