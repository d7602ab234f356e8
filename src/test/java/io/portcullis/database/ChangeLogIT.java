package io.portcullis.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the change log says of one writer. */
@Timeout(60)
class ChangeLogIT {
    private static final String A = "00000000-0000-0000-0000-00000000000a";
    private static final String B = "00000000-0000-0000-0000-00000000000b";
    private static final String C = "00000000-0000-0000-0000-00000000000c";

    /** Wide columns that the application may leave out; kept for the tests that change each. */
    private static final List<String> DECIDING = List.of(
            "client_secret_hash = 'sha256:00'",
            "bap_id = 'bap'",
            "bap_uri = 'https://bap.example'",
            "allowed_ips = '{10.0.0.0/8}'",
            "rate_limit = 7",
            "status = 'SUSPENDED'",
            "metadata = '{\"a\": 1}'",
            "tenant_id = 't'",
            "owner_user_id = 'u'",
            "scopes = '{read}'",
            "grace_seconds = 0",
            "client_code = 'other'");

    private final TestDatabase database = TestDatabase.migrated();
    private Sql sql;
    private long read;

    @BeforeEach
    void connect() throws SQLException {
        sql = database.connect();
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void aPlainInsertWorksAndIsLogged() throws Exception {
        sql.run("INSERT INTO client_registry.clients (client_id, client_code, status) VALUES ('" + A
                + "', 'a', 'ACTIVE')");

        assertThat(changes()).containsExactly("client|" + A + "|I||");
        assertThat(version(A)).isEqualTo(loggedVersion(A));
    }

    @Test
    void aClientNeedsNothingButTheInsert() throws Exception {
        String row = sql.one(
                "INSERT INTO client_registry.clients DEFAULT VALUES RETURNING status, scopes, client_id IS NOT NULL,"
                        + " created_at IS NOT NULL, updated_at IS NOT NULL");

        assertThat(row).isEqualTo("PENDING|{}|t|t|t");
    }

    @Test
    void everyDecidingColumnMovesTheVersionAndIsLogged() throws Exception {
        insertClient(A);
        changes();
        for (String change : DECIDING) {
            long before = version(A);

            sql.run("UPDATE client_registry.clients SET " + change);

            assertThat(changes()).as(change).containsExactly("client|" + A + "|U||");
            assertThat(version(A)).as(change).isGreaterThan(before).isEqualTo(loggedVersion(A));
        }
    }

    /** Statement by statement, and row by row as logical replication applies it. */
    @ParameterizedTest
    @ValueSource(strings = {"origin", "replica"})
    void theLogSaysWhoHasGotAndWhoHasLostAClient(String role) throws Exception {
        try (Sql superuser = database.connectAsSuperuser()) {
            superuser.run("SET session_replication_role = " + role);
            List<String> written = List.of(
                    "INSERT INTO client_registry.clients (client_id, owner_user_id) VALUES ('" + A + "', 'u')",
                    "UPDATE client_registry.clients SET status = 'ACTIVE'",
                    "UPDATE client_registry.clients SET owner_user_id = 'v'",
                    "UPDATE client_registry.clients SET client_id = '" + B + "'",
                    "UPDATE client_registry.clients SET owner_user_id = NULL",
                    "UPDATE client_registry.clients SET owner_user_id = repeat('w', 5000)",
                    "DELETE FROM client_registry.clients");
            List<String> logged = new ArrayList<>();
            for (String statement : written) {
                superuser.run("DELETE FROM client_registry.registry_changes", statement);
                logged.add(superuser.one(
                        "SELECT string_agg(concat(op, ' ', coalesce(old_owner, '-'), ' ', coalesce(new_owner, '-')),"
                                + " ', ' ORDER BY op) FROM client_registry.registry_changes"));
            }

            String cut = "w".repeat(2049);
            assertThat(logged)
                    .containsExactly(
                            "I - u", "U - -", "U u v", "D v -, I - v", "U v -", "U - " + cut, "D " + cut + " -");
        }
    }

    @Test
    void updatesThatChangeNothingOrDecideNothingAreNotLogged() throws Exception {
        insertClient(A);
        String key = insertKey(A, "01");
        sql.run("UPDATE client_registry.clients SET " + String.join(", ", DECIDING));
        changes();
        String before = sql.one("SELECT version, updated_at FROM client_registry.clients");

        sql.run(
                "UPDATE client_registry.clients SET " + String.join(", ", DECIDING),
                "UPDATE client_registry.clients SET last_synced_at = now(), created_at = now()",
                "UPDATE client_registry.clients SET version = 7",
                "UPDATE client_registry.client_keys SET created_at = now(), digest = digest, version = 7",
                "UPDATE client_registry.clients SET status = 'REVOKED' WHERE false",
                "DELETE FROM client_registry.client_keys WHERE false",
                "INSERT INTO client_registry.client_key_usage VALUES ('" + key + "', now(), 1)",
                "UPDATE client_registry.client_key_usage SET use_count = use_count + 1, last_used_at = now()",
                "DELETE FROM client_registry.client_key_usage",
                "TRUNCATE client_registry.client_key_usage");

        assertThat(changes()).isEmpty();
        assertThat(sql.one("SELECT version, updated_at FROM client_registry.clients"))
                .isEqualTo(before);
    }

    @Test
    void aVersionWrittenByHandIsOverridden() throws Exception {
        sql.run("INSERT INTO client_registry.clients (client_id, version) VALUES ('" + A + "', 1000000)");
        long first = version(A);
        sql.run("UPDATE client_registry.clients SET status = 'ACTIVE', version = 1");

        assertThat(first).isLessThan(1_000_000);
        assertThat(version(A)).isGreaterThan(first);
    }

    @Test
    void onlySomeRowsOfAStatementChangeAndOnlyTheseAreLogged() throws Exception {
        insertClient(A);
        insertClient(B);
        sql.run("UPDATE client_registry.clients SET status = 'SUSPENDED' WHERE client_id = '" + A + "'");
        changes();

        sql.run("UPDATE client_registry.clients SET status = 'SUSPENDED'");

        assertThat(changes()).containsExactly("client|" + B + "|U||");
    }

    @Test
    void keysAreLoggedWithBothDigests() throws Exception {
        insertClient(A);
        changes();

        String key = insertKey(A, "01");
        assertThat(changes()).containsExactly("key|" + key + "|I||\\x01");

        sql.run("UPDATE client_registry.client_keys SET digest = '\\x02'");
        assertThat(changes()).containsExactly("key|" + key + "|U|\\x01|\\x02");

        sql.run("UPDATE client_registry.client_keys SET status = 'REVOKED'");
        assertThat(changes()).containsExactly("key|" + key + "|U|\\x02|\\x02");

        sql.run("DELETE FROM client_registry.client_keys");
        assertThat(changes()).containsExactly("key|" + key + "|D|\\x02|");
    }

    @Test
    void aDeletedClientTakesItsKeysAlongAndAllOfThemAreLogged() throws Exception {
        insertClient(A);
        String one = insertKey(A, "01");
        String two = insertKey(A, "02");
        changes();

        sql.run("DELETE FROM client_registry.clients");

        assertThat(changes())
                .containsExactlyInAnyOrder(
                        "client|" + A + "|D||", "key|" + one + "|D|\\x01|", "key|" + two + "|D|\\x02|");
    }

    @Test
    void copyIsLogged() throws Exception {
        sql.copy(
                "COPY client_registry.clients (client_id, client_code, api_key_hash) FROM STDIN",
                A + "\ta\tx\n" + B + "\tb\ty\n");

        assertThat(changes()).containsExactlyInAnyOrder("client|" + A + "|I||", "client|" + B + "|I||");
        assertThat(sql.rows("SELECT client_secret_hash FROM client_registry.clients ORDER BY 1"))
                .containsExactly("x", "y");
    }

    @Test
    void truncateIsLoggedForEveryTableItReaches() throws Exception {
        insertClient(A);
        insertKey(A, "01");
        long before = version(A);
        changes();

        sql.run("TRUNCATE client_registry.client_keys, client_registry.client_key_usage");
        assertThat(changes()).containsExactly("key|*|T||");

        sql.run("TRUNCATE client_registry.clients RESTART IDENTITY CASCADE");
        assertThat(changes()).containsExactlyInAnyOrder("client|*|T||", "key|*|T||");
        assertThat(loggedVersion("*")).isGreaterThan(before);

        insertClient(A);
        assertThat(version(A)).as("a record after the truncation").isGreaterThan(loggedVersion("*"));
    }

    @Test
    void upsertsAndMergesAreLoggedAsWhatTheyDid() throws Exception {
        insertClient(A);
        changes();

        sql.run(
                "INSERT INTO client_registry.clients (client_id, status, version) VALUES ('" + A + "', 'ACTIVE', 1), ('"
                        + B
                        + "', 'ACTIVE', 1) ON CONFLICT (client_id) DO UPDATE SET status = EXCLUDED.status, version = EXCLUDED.version");
        assertThat(changes()).containsExactlyInAnyOrder("client|" + A + "|U||", "client|" + B + "|I||");
        assertThat(version(A)).isEqualTo(loggedVersion(A));

        sql.run("MERGE INTO client_registry.clients c USING (VALUES ('" + A + "'::uuid, true), ('" + B + "', false), ('"
                + C
                + "', false)) s (id, gone) ON s.id = c.client_id"
                + " WHEN MATCHED AND s.gone THEN DELETE"
                + " WHEN MATCHED THEN UPDATE SET rate_limit = 1"
                + " WHEN NOT MATCHED THEN INSERT (client_id) VALUES (s.id)");
        assertThat(changes())
                .containsExactlyInAnyOrder("client|" + A + "|D||", "client|" + B + "|U||", "client|" + C + "|I||");
    }

    @Test
    void aRecordCreatedAgainDoesNotStartOver() throws Exception {
        String create = "INSERT INTO client_registry.clients (client_id) VALUES ('" + A + "')";
        String delete = "DELETE FROM client_registry.clients";
        sql.run(create);
        long first = version(A);

        sql.run(delete);
        long deleted = loggedVersion(A);
        sql.run(create);
        long second = version(A);
        assertThat(List.of(first, deleted, second)).isSorted().doesNotHaveDuplicates();

        sql.run("BEGIN", delete, create, "COMMIT");
        long third = version(A);
        assertThat(third).isGreaterThan(second).isEqualTo(loggedVersion(A));

        // The triggers of the deletion run after the row has been created: its version must not hide the new row.
        sql.run("WITH gone AS (DELETE FROM client_registry.clients RETURNING client_id)"
                + " INSERT INTO client_registry.clients (client_id) SELECT client_id FROM gone");
        assertThat(version(A)).isGreaterThan(third).isEqualTo(loggedVersion(A));
    }

    @Test
    void aChangedPrimaryKeyLogsBothIds() throws Exception {
        insertClient(A);
        String key = insertKey(A, "01");
        changes();

        sql.run("UPDATE client_registry.clients SET client_id = '" + B + "'");

        assertThat(changes())
                .containsExactlyInAnyOrder(
                        "client|" + A + "|D||", "client|" + B + "|I||", "key|" + key + "|U|\\x01|\\x01");
        assertThat(version(B)).isEqualTo(loggedVersion(B)).isGreaterThan(loggedVersion(A));

        sql.run("UPDATE client_registry.client_keys SET key_id = '" + C + "'");

        assertThat(changes()).containsExactlyInAnyOrder("key|" + key + "|D|\\x01|", "key|" + C + "|I||\\x01");
    }

    @Test
    void anIdHandedFromOneRecordToAnotherIsAnUpdateOfThatId() throws Exception {
        insertClient(A);
        insertClient(B);
        changes();

        // Row by row in the order of the table: A makes room before B moves in.
        sql.run("UPDATE client_registry.clients SET client_id = CASE client_id WHEN '" + A + "' THEN '" + C
                + "'::uuid ELSE '" + A + "' END");

        assertThat(changes())
                .containsExactlyInAnyOrder("client|" + A + "|U||", "client|" + B + "|D||", "client|" + C + "|I||");
        assertThat(version(A)).isEqualTo(loggedVersion(A));
    }

    @Test
    void theAliasFollowsWhicheverWasWritten() throws Exception {
        insertClient(A);
        String hashes = "SELECT client_secret_hash, api_key_hash FROM client_registry.clients";

        sql.run("UPDATE client_registry.clients SET api_key_hash = 'one'");
        assertThat(sql.one(hashes)).isEqualTo("one|one");

        sql.run("UPDATE client_registry.clients SET client_secret_hash = 'two'");
        assertThat(sql.one(hashes)).isEqualTo("two|two");

        sql.run("UPDATE client_registry.clients SET client_secret_hash = 'three', api_key_hash = 'three'");
        assertThat(sql.one(hashes)).isEqualTo("three|three");

        sql.run("UPDATE client_registry.clients SET api_key_hash = NULL");
        assertThat(sql.one(hashes)).isEqualTo("|");

        assertThatThrownBy(() ->
                        sql.run("UPDATE client_registry.clients SET client_secret_hash = 'x', api_key_hash = 'y'"))
                .hasMessageContaining("two different secrets");
        assertThatThrownBy(() -> sql.run(
                        "INSERT INTO client_registry.clients (client_secret_hash, api_key_hash) VALUES ('x', 'y')"))
                .hasMessageContaining("two different secrets");
    }

    @Test
    void whatASavepointTookBackIsNotLoggedAndTheRestIs() throws Exception {
        insertClient(A);
        insertClient(B);
        changes();

        sql.run(
                "BEGIN",
                "SAVEPOINT first",
                "UPDATE client_registry.clients SET status = 'ACTIVE' WHERE client_id = '" + A + "'",
                // Even when the commit had been numbered inside it.
                "SET CONSTRAINTS ALL IMMEDIATE",
                "ROLLBACK TO first",
                "SAVEPOINT second",
                "UPDATE client_registry.clients SET status = 'ACTIVE' WHERE client_id = '" + B + "'",
                "RELEASE second",
                "COMMIT");

        assertThat(changes()).containsExactly("client|" + B + "|U||");
    }

    @Test
    void aRolledBackTransactionLeavesNothing() throws Exception {
        insertClient(A);
        changes();
        long rows = sql.number("SELECT count(*) FROM client_registry.registry_changes");

        sql.run(
                "BEGIN",
                "UPDATE client_registry.clients SET status = 'ACTIVE'",
                "SET CONSTRAINTS ALL IMMEDIATE",
                "ROLLBACK");

        assertThat(changes()).isEmpty();
        assertThat(sql.number("SELECT count(*) FROM client_registry.registry_changes"))
                .isEqualTo(rows);
        assertThat(sql.number("SELECT count(*) FROM client_registry.registry_commits WHERE seq IS NULL"))
                .isZero();
    }

    @Test
    void aCommitIsAnnouncedOnceWithItsSeq() throws Exception {
        try (Sql listener = database.connect()) {
            listener.run("LISTEN registry_changes");
            sql.run("BEGIN");
            insertClient(A);
            insertClient(B);
            insertKey(A, "01");
            sql.run("UPDATE client_registry.clients SET status = 'ACTIVE'", "COMMIT");
            long first = position();
            sql.run("UPDATE client_registry.clients SET last_synced_at = now()");
            sql.run("BEGIN", "UPDATE client_registry.clients SET status = 'REVOKED'", "ROLLBACK");
            sql.run("UPDATE client_registry.clients SET status = 'SUSPENDED' WHERE client_id = '" + A + "'");
            long second = position();

            List<String> received = new ArrayList<>();
            await().until(() ->
                    received.addAll(listener.notifications(100)) && received.contains("registry_changes " + second));

            assertThat(received).containsExactly("registry_changes " + first, "registry_changes " + second);
        }
    }

    @Test
    void aWriterWithNoRightButToWriteClientsIsLogged() throws Exception {
        insertClient(A);
        insertKey(A, "01");
        changes();
        try (Sql writer = database.connectAsStranger(
                "GRANT USAGE ON SCHEMA client_registry TO %s",
                "GRANT SELECT (client_id), INSERT, UPDATE, DELETE ON client_registry.clients TO %s")) {
            writer.run(
                    "UPDATE client_registry.clients SET status = 'ACTIVE', api_key_hash = 'x' WHERE client_id = '" + A
                            + "'",
                    "INSERT INTO client_registry.clients (client_id) VALUES ('" + B + "')",
                    "DELETE FROM client_registry.clients WHERE client_id = '" + B + "'");

            assertThat(changes())
                    .containsExactly("client|" + A + "|U||", "client|" + B + "|I||", "client|" + B + "|D||");
            for (String forbidden : List.of(
                    "SELECT * FROM client_registry.registry_changes",
                    "DELETE FROM client_registry.registry_commits",
                    "SELECT nextval('client_registry.registry_seq')",
                    "SELECT setval('client_registry.registry_version', 2)",
                    "SELECT client_registry.request_seq()")) {
                assertThatThrownBy(() -> writer.rows(forbidden))
                        .as(forbidden)
                        .hasMessageContaining("permission denied");
            }
        }
    }

    /** The log's functions run with its owner's rights: what a caller's search path names must not get in. */
    @Test
    void aWritersSearchPathMeansNothingToTheTriggers() throws Exception {
        insertClient(A);
        changes();
        try (Sql writer = database.connectAsStranger(
                "GRANT USAGE ON SCHEMA client_registry TO %s",
                "GRANT SELECT, INSERT, UPDATE ON client_registry.clients TO %s",
                "CREATE SCHEMA trap AUTHORIZATION %s")) {
            writer.run(
                    "CREATE FUNCTION trap.nextval(regclass) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
                    "CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT ''epoch''::timestamptz'",
                    "CREATE FUNCTION trap.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
                    "CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.never)",
                    "SET search_path = trap, pg_catalog",
                    "UPDATE client_registry.clients SET status = 'REVOKED', api_key_hash = 'x'");
        }

        assertThat(changes()).containsExactly("client|" + A + "|U||");
        assertThat(version(A)).isEqualTo(loggedVersion(A));
        assertThat(sql.one("SELECT client_secret_hash, updated_at > 'epoch' FROM client_registry.clients"))
                .isEqualTo("x|t");
    }

    @Test
    void aSessionInTheReplicaRoleIsLoggedOnce() throws Exception {
        try (Sql replica = database.connectAsSuperuser()) {
            replica.run("SET session_replication_role = replica");
            replica.run("INSERT INTO client_registry.clients (client_id, api_key_hash) VALUES ('" + A + "', 'x')");
            assertThat(changes()).containsExactly("client|" + A + "|I||");
            assertThat(sql.one("SELECT client_secret_hash FROM client_registry.clients"))
                    .isEqualTo("x");

            replica.run(
                    "INSERT INTO client_registry.client_keys (key_id, client_id, digest, pepper_id, prefix) VALUES ('"
                            + C + "', '" + A + "', '\\x01', 'p', 'pk')");
            assertThat(changes()).containsExactly("key|" + C + "|I||\\x01");

            replica.run(
                    "UPDATE client_registry.clients SET status = 'REVOKED'",
                    "UPDATE client_registry.clients SET status = 'REVOKED'");
            assertThat(changes()).containsExactly("client|" + A + "|U||");
            assertThat(version(A)).isEqualTo(loggedVersion(A));

            replica.run("UPDATE client_registry.client_keys SET digest = '\\x02'");
            assertThat(changes()).containsExactly("key|" + C + "|U|\\x01|\\x02");

            replica.run("UPDATE client_registry.client_keys SET key_id = '" + B + "'");
            assertThat(changes()).containsExactlyInAnyOrder("key|" + C + "|D|\\x02|", "key|" + B + "|I||\\x02");

            replica.run("UPDATE client_registry.clients SET client_id = '" + B + "'");
            assertThat(changes()).containsExactlyInAnyOrder("client|" + A + "|D||", "client|" + B + "|I||");

            replica.run("DELETE FROM client_registry.client_keys", "DELETE FROM client_registry.clients");
            assertThat(changes()).containsExactlyInAnyOrder("key|" + B + "|D|\\x02|", "client|" + B + "|D||");

            replica.copy("COPY client_registry.clients (client_id) FROM STDIN", A + "\n");
            assertThat(changes()).containsExactly("client|" + A + "|I||");

            replica.run("TRUNCATE client_registry.clients CASCADE");
            assertThat(changes()).containsExactlyInAnyOrder("client|*|T||", "key|*|T||");
        }
    }

    @Test
    void constraintsSetImmediateDoNotMakeOthersWait() throws Exception {
        insertClient(A);
        insertClient(B);
        changes();
        try (Sql other = database.connect()) {
            other.run("SET statement_timeout = '20s'");
            sql.run(
                    "BEGIN",
                    "SET CONSTRAINTS ALL IMMEDIATE",
                    "UPDATE client_registry.clients SET status = 'ACTIVE' WHERE client_id = '" + A + "'",
                    "SET CONSTRAINTS ALL IMMEDIATE",
                    "SET CONSTRAINTS ALL DEFERRED",
                    "SET CONSTRAINTS ALL IMMEDIATE");

            other.run("UPDATE client_registry.clients SET status = 'ACTIVE' WHERE client_id = '" + B + "'");
            sql.run("COMMIT");
        }

        assertThat(changes()).containsExactly("client|" + B + "|U||", "client|" + A + "|U||");
    }

    @Test
    void constraintsSetImmediateWithinOneMessageStayInOrder() throws Exception {
        insertClient(A);
        insertClient(B);
        changes();
        try (Sql other = database.connect()) {
            sql.run(
                    "BEGIN",
                    "DO $$ BEGIN UPDATE client_registry.clients SET status = 'ACTIVE' WHERE client_id = '" + A + "';"
                            + " SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL IMMEDIATE; END $$");
            long backend = other.number("SELECT pg_backend_pid()");
            CompletableFuture<Void> later = other.runAsync(
                    "UPDATE client_registry.clients SET status = 'ACTIVE' WHERE client_id = '" + B + "'");
            awaitWaitingForLock(backend);
            sql.run("UPDATE client_registry.clients SET rate_limit = 1 WHERE client_id = '" + A + "'", "COMMIT");
            later.get(20, TimeUnit.SECONDS);
        }

        assertThat(changes()).containsExactly("client|" + A + "|U||", "client|" + A + "|U||", "client|" + B + "|U||");
    }

    @Test
    void preparedTransactionsAreRefused() throws Exception {
        insertClient(A);
        changes();
        sql.run("BEGIN", "UPDATE client_registry.clients SET status = 'ACTIVE'");

        assertThatThrownBy(() -> sql.run("PREPARE TRANSACTION 'p'")).isInstanceOf(SQLException.class);

        assertThat(changes()).isEmpty();
    }

    @Test
    void transactionIdsThatARestoredDumpBroughtAlongHideNoChange() throws Exception {
        insertClient(A);
        changes();
        long known = position();
        sql.run(
                "INSERT INTO client_registry.registry_commits (xid, seq) SELECT (pg_current_xact_id()::text::bigint + n)::text::xid8, -n"
                        + " FROM generate_series(1, 20) n");

        sql.run("UPDATE client_registry.clients SET status = 'ACTIVE'");

        assertThat(position()).isGreaterThan(known);
        assertThat(changes()).containsExactly("client|" + A + "|U||");
    }

    /** A session keeps the plan it made for its first statement; 400 million comparisons would not fit the limit. */
    @Test
    void aPlanMadeForOneRowServesManyRows() throws Exception {
        insertClient(A);
        sql.run(
                "SET statement_timeout = '20s'",
                "UPDATE client_registry.clients SET rate_limit = 1",
                "INSERT INTO client_registry.clients (client_code) SELECT n FROM generate_series(1, 20000) n");
        changes();

        sql.run("UPDATE client_registry.clients SET rate_limit = 2");

        assertThat(changes()).hasSize(20_001);
    }

    @Test
    void thePositionIsThatOfTheQuerysSnapshot() throws Exception {
        insertClient(A);
        long before = position();
        try (Sql gate = database.connect();
                Sql loader = database.connect()) {
            gate.run("SELECT pg_advisory_lock(1)");
            long backend = loader.number("SELECT pg_backend_pid()");
            // Between its snapshot and its reading of the position the loader waits; meanwhile the record changes.
            CompletableFuture<String> load = loader.oneAsync(
                    "SELECT status, CASE WHEN pg_advisory_lock_shared(1) IS NOT NULL THEN client_registry.current_seq() END"
                            + " FROM client_registry.clients");
            awaitWaitingForLock(backend);
            sql.run("UPDATE client_registry.clients SET status = 'REVOKED'");
            gate.run("SELECT pg_advisory_unlock(1)");

            assertThat(load.get(20, TimeUnit.SECONDS)).isEqualTo("PENDING|" + before);
            assertThat(position()).isGreaterThan(before);
        }
    }

    @Test
    void thePositionIsReadWithoutASuperusersRights() throws Exception {
        assertThat(sql.one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
                .isEqualTo("f");
        assertThat(position()).isZero();
        String epoch = sql.one("SELECT client_registry.current_epoch()");
        assertThat(epoch).matches("\\d+-1-1");
        assertThat(sql.one("SELECT client_registry.current_epoch()"))
                .as("once remembered")
                .isEqualTo(epoch);

        sql.run("UPDATE client_registry.registry_epoch SET counter = counter + 1");

        assertThat(sql.one("SELECT client_registry.current_epoch()"))
                .isEqualTo(epoch.substring(0, epoch.length() - 1) + "2");
        assertThatThrownBy(() ->
                        sql.run("INSERT INTO client_registry.registry_epoch (one_row, counter) VALUES (false, 1)"))
                .isInstanceOf(SQLException.class);
    }

    @Test
    void everyTriggerThatIsMissingOrSwitchedOffIsAFault() throws Exception {
        String faults = "SELECT * FROM client_registry.registry_trigger_faults() ORDER BY 1, 2";
        assertThat(sql.rows(faults)).isEmpty();
        List<String> ours = sql.rows("SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal"
                + " AND tgrelid IN ('client_registry.clients'::regclass, 'client_registry.client_keys'::regclass,"
                + " 'client_registry.registry_commits'::regclass)");
        assertThat(ours).hasSize(18);

        for (String trigger : ours) {
            String table = trigger.substring(0, trigger.indexOf('|'));
            String name = trigger.substring(trigger.indexOf('|') + 1);
            String alter = "ALTER TABLE " + table + " %s TRIGGER " + name;
            String where = table.substring("client_registry.".length()) + "|" + name + "|";

            sql.run(alter.formatted("DISABLE"));
            assertThat(sql.rows(faults)).containsExactly(where + "disabled");
            sql.run(alter.formatted("ENABLE"));
            assertThat(sql.rows(faults)).containsExactly(where + "not enabled always");
            sql.run("BEGIN", "DROP TRIGGER " + name + " ON " + table);
            assertThat(sql.rows(faults)).containsExactly(where + "missing");
            sql.run("ROLLBACK", alter.formatted("ENABLE ALWAYS"));
            assertThat(sql.rows(faults)).isEmpty();
        }
    }

    @Test
    void theAuditIsOnlyEverAddedTo() throws Exception {
        sql.run(
                "INSERT INTO client_registry.audit_logs (actor, action, entity) VALUES ('operator', 'client.suspend', 'client:"
                        + A + "')");

        for (String change : List.of(
                "UPDATE client_registry.audit_logs SET actor = 'nobody'",
                "DELETE FROM client_registry.audit_logs",
                "TRUNCATE client_registry.audit_logs")) {
            assertThatThrownBy(() -> sql.run(change)).as(change).hasMessageContaining("rows are only ever added");
        }
        assertThat(sql.number("SELECT count(*) FROM client_registry.audit_logs"))
                .isEqualTo(1);
    }

    /** Until that backend waits for an advisory lock, of any kind. */
    private void awaitWaitingForLock(long backend) {
        await().until(() ->
                sql.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = "
                                + backend)
                        == 1);
    }

    private void insertClient(String id) throws SQLException {
        sql.run("INSERT INTO client_registry.clients (client_id) VALUES ('" + id + "')");
    }

    private String insertKey(String client, String digest) throws SQLException {
        String key = UUID.randomUUID().toString();
        sql.run("INSERT INTO client_registry.client_keys (key_id, client_id, digest, pepper_id, prefix) VALUES ('" + key
                + "', '" + client + "', '\\x" + digest + "', 'p', 'pk')");
        return key;
    }

    /** As the tail reads: what was committed since the last call, in the order of seq. */
    private List<String> changes() throws SQLException {
        try (Sql reader = database.connect()) {
            List<String> changes =
                    reader.rows("SELECT kind, id, op, old_digest, new_digest FROM client_registry.registry_commits"
                            + " JOIN client_registry.registry_changes USING (xid) WHERE seq > " + read
                            + " ORDER BY seq, version");
            read = reader.number("SELECT client_registry.current_seq()");
            return changes;
        }
    }

    private long position() throws SQLException {
        return sql.number("SELECT client_registry.current_seq()");
    }

    private long version(String client) throws SQLException {
        return sql.number("SELECT version FROM client_registry.clients WHERE client_id = '" + client + "'");
    }

    /** What a fence of this id would be. */
    private long loggedVersion(String id) throws SQLException {
        return sql.number("SELECT max(version) FROM client_registry.registry_changes WHERE id = '" + id + "'");
    }
}
