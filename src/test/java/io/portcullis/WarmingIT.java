package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.Pepper;
import io.portcullis.testing.TestServers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Keys that are read before the start is over. */
class WarmingIT {

    @Test
    void thoseUsedLastAreReadFirstThenTheNewest() throws Exception {
        try (TestGateway first = TestGateway.start(Map.of())) {
            List<TestClient> clients =
                    List.of(first.client(), first.client(), first.client(), first.client(), first.client());
            String ofRevoked = first.client().key();
            String expired = first.client().key();
            // Neither the newest nor the oldest, and not in the order of anything else.
            used(first, clients.get(3), "2026-01-02");
            used(first, clients.get(1), "2026-01-03");
            first.sql(
                    "UPDATE client_registry.client_keys SET created_at = now() - INTERVAL '1 day' WHERE client_id IN ('"
                            + clients.get(0).id() + "', '" + clients.get(4).id() + "')");
            key(first, ofRevoked, "status = 'REVOKED'");
            key(first, expired, "expires_at = now() - INTERVAL '1 second'");

            try (TestGateway warm = second(first, Map.of("PORTCULLIS_CACHE_WARM", "3"))) {
                assertThat(warm.metric("registry_warmed_keys_total")).isEqualTo(3);
                double before = misses(warm);
                for (int i : new int[] {3, 1, 2}) {
                    assertThat(warm.withKey(clients.get(i).key()).statusCode()).isEqualTo(200);
                }
                assertThat(misses(warm)).isEqualTo(before);
                assertThat(warm.metric("registry_near_warmed")).isZero();
                assertThat(warm.withKey(clients.get(0).key()).statusCode()).isEqualTo(200);
                assertThat(misses(warm)).isEqualTo(before + 1);
                assertThat(warm.withKey(ofRevoked).statusCode()).isEqualTo(401);
                assertThat(warm.withKey(expired).statusCode()).isEqualTo(401);
            }
        }
    }

    @Test
    void whatChangesBetweenTheReadingAndTheFirstUseIsRefused() throws Exception {
        try (TestGateway first = TestGateway.start(Map.of())) {
            TestClient revoked = first.client();
            TestClient suspended = first.client();
            TestClient untouched = first.client();
            try (TestGateway warm = second(first, Map.of("PORTCULLIS_CACHE_WARM", "100"))) {
                assertThat(warm.metric("registry_near_warmed")).isEqualTo(3);
                key(first, revoked.key(), "status = 'REVOKED'");
                first.sql("UPDATE client_registry.clients SET status = 'SUSPENDED' WHERE client_id = '" + suspended.id()
                        + "'");
                applied(first, warm);

                assertThat(warm.withKey(revoked.key()).statusCode()).isEqualTo(401);
                assertThat(warm.withKey(suspended.key()).statusCode()).isEqualTo(403);
                double before = misses(warm);
                assertThat(warm.withKey(untouched.key()).statusCode()).isEqualTo(200);
                assertThat(misses(warm)).isEqualTo(before);
            }
        }
    }

    @Test
    void manyAreReadPageByPage() throws Exception {
        try (TestGateway first = TestGateway.start(Map.of())) {
            TestClient client = first.client();
            first.sql("INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) SELECT '"
                    + client.id() + "', sha256(n::text::bytea), 'p', 'pk_test' FROM generate_series(1, 3000) n");
            try (TestGateway warm = second(first, Map.of("PORTCULLIS_CACHE_WARM", "2600"))) {
                assertThat(warm.metric("registry_warmed_keys_total")).isEqualTo(2600);
            }
        }
    }

    @Test
    void whereReadingTakesTooLongTheGatewayStartsWithoutIt() throws Exception {
        try (TestGateway first = TestGateway.start(Map.of())) {
            TestClient client = first.client();
            try (Connection blocker = TestServers.connect(first.database());
                    Statement statement = blocker.createStatement()) {
                blocker.setAutoCommit(false);
                statement.execute("LOCK TABLE client_registry.client_key_usage IN ACCESS EXCLUSIVE MODE");
                try (TestGateway cold =
                        second(first, Map.of("PORTCULLIS_CACHE_WARM", "100", "PORTCULLIS_CACHE_WARM_LIMIT", "300ms"))) {
                    assertThat(cold.metric("registry_warmed_keys_total")).isZero();
                    assertThat(cold.withKey(client.key()).statusCode()).isEqualTo(200);
                }
            }
        }
    }

    private static TestGateway second(TestGateway first, Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>(settings);
        all.put("PORTCULLIS_POSTGRES_URL", first.database());
        return TestGateway.start(all);
    }

    private static void used(TestGateway gateway, TestClient client, String when) throws Exception {
        gateway.sql("INSERT INTO client_registry.client_key_usage (key_id, last_used_at) SELECT key_id, '" + when
                + "' FROM client_registry.client_keys WHERE client_id = '" + client.id() + "'");
    }

    private static void key(TestGateway gateway, String key, String change) throws Exception {
        String digest = new Pepper(TestGateway.PEPPER).digest(key).hex();
        gateway.sql("UPDATE client_registry.client_keys SET " + change + " WHERE digest = '\\x" + digest + "'");
    }

    /** Until every node has applied what is committed by now. */
    private static void applied(TestGateway first, TestGateway gateway) throws Exception {
        long last;
        try (Connection connection = TestServers.connect(first.database());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT client_registry.current_seq()")) {
            row.next();
            last = row.getLong(1);
        }
        assertThat(gateway.management(
                                "/admin/v1/barrier?seq=" + last + "&timeout=10s",
                                "Authorization",
                                "Bearer " + TestGateway.TOKEN)
                        .statusCode())
                .isEqualTo(200);
    }

    private static double misses(TestGateway gateway) throws Exception {
        return gateway.metric("registry_lookups_total{result=\"hit\",tier=\"store\"}")
                + gateway.metric("registry_lookups_total{result=\"miss\",tier=\"store\"}")
                + gateway.metric("registry_lookups_total{result=\"hit\",tier=\"redis\"}");
    }
}
