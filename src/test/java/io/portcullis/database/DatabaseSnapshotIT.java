package io.portcullis.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.testing.DatabaseSnapshot;
import io.portcullis.testing.TestServers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Back in time, as by a restore from a dump. */
@Timeout(60)
class DatabaseSnapshotIT {
    private static final String ACME = "'00000000-0000-0000-0000-000000000001'";

    private static final List<String> STATE = List.of(
            "SELECT * FROM client_registry.clients ORDER BY client_id",
            "SELECT * FROM client_registry.client_keys ORDER BY key_id",
            "SELECT * FROM client_registry.client_key_usage ORDER BY key_id",
            "SELECT * FROM client_registry.registry_changes ORDER BY xid, kind, id",
            "SELECT * FROM client_registry.registry_commits ORDER BY seq",
            "SELECT * FROM client_registry.audit_logs ORDER BY id",
            "SELECT * FROM client_registry.node_heartbeats ORDER BY node_id",
            "SELECT client_registry.current_seq()",
            "SELECT client_registry.current_epoch()",
            "SELECT last_value, is_called FROM client_registry.registry_seq",
            "SELECT last_value, is_called FROM client_registry.registry_version",
            "SELECT last_value, is_called FROM client_registry.audit_logs_id_seq",
            "SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2");

    @Test
    void everythingIsAsItWasAndNobodyIsTold() throws Exception {
        String url = TestServers.freshDatabaseUrl();
        String superuser = TestServers.superuserUrl(url);
        new Migrations(TestDatabase.sourceOf(url)).migrate();
        try (Sql sql = new Sql(TestServers.connect(url));
                Sql listener = new Sql(TestServers.connect(url))) {
            sql.run(
                    "INSERT INTO client_registry.clients (client_id, client_code, status, metadata) VALUES (" + ACME
                            + ", E'a\\tb\\n\\\\', 'ACTIVE', '{\"a\": null}')",
                    "INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) VALUES (" + ACME
                            + ", '\\x00ff', 'p', 'pk_')",
                    "INSERT INTO client_registry.client_key_usage (key_id) SELECT key_id FROM client_registry.client_keys",
                    "INSERT INTO client_registry.audit_logs (action) VALUES ('before')");
            List<String> before = state(sql);
            assertThat(before).hasSizeGreaterThan(30);

            DatabaseSnapshot snapshot = DatabaseSnapshot.take(superuser);
            sql.run(
                    "UPDATE client_registry.clients SET status = 'REVOKED'",
                    "INSERT INTO client_registry.clients (status) VALUES ('ACTIVE')",
                    "DELETE FROM client_registry.client_keys",
                    "UPDATE client_registry.registry_epoch SET counter = counter + 1",
                    "INSERT INTO client_registry.audit_logs (action) VALUES ('after')",
                    "INSERT INTO client_registry.node_heartbeats (node_id, epoch, applied_seq, lease_ms, grace_ms)"
                            + " VALUES ('n', 'e', 1, 1, 1)");
            assertThat(state(sql)).isNotEqualTo(before);
            listener.run("LISTEN registry_changes");

            snapshot.restore(superuser);

            assertThat(state(sql)).isEqualTo(before);
            assertThat(sql.rows("SELECT * FROM client_registry.registry_trigger_faults()"))
                    .isEmpty();
            long seq = sql.number("SELECT client_registry.current_seq()");
            sql.run("UPDATE client_registry.clients SET status = 'SUSPENDED'");
            assertThat(listener.notifications(5_000))
                    .as("the first since")
                    .containsExactly("registry_changes " + (seq + 1));
            assertThat(sql.number("SELECT client_registry.current_seq()")).isEqualTo(seq + 1);

            snapshot.restore(superuser);

            assertThat(state(sql)).as("a second time").isEqualTo(before);
        }
    }

    private static List<String> state(Sql sql) throws Exception {
        List<String> state = new ArrayList<>();
        for (String query : STATE) {
            state.addAll(sql.rows(query));
        }
        return state;
    }
}
