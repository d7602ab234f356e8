package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.SecretHash;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pepper takes the place of another, node after node, and no key is refused at any time. */
@Timeout(120)
class PepperRotationIT {

    private static final String OLD = TestGateway.PEPPER;
    private static final String NEW = "another pepper for the tests of the gateway";
    private static final String NEW_ID = new Pepper(NEW).id();

    private static final Map<String, String> BEFORE = Map.of("PORTCULLIS_AUTH_NEXT_PEPPER", NEW);
    private static final Map<String, String> AFTER =
            Map.of("PORTCULLIS_AUTH_PEPPER", NEW, "PORTCULLIS_AUTH_FORMER_PEPPERS", OLD);

    private String database = "";

    @Test
    void nodeAfterNodeChangesItsPepperAndKeysFollowWhenTheyAreUsed() throws Exception {
        database = TestServers.freshDatabaseUrl();
        try (GatewayCluster cluster = GatewayCluster.start(0, database, Map.of())) {
            cluster.join(2, BEFORE);
            TestClient used = cluster.registry().client();
            TestClient unused = cluster.registry().client();
            cluster.registry()
                    .sql("UPDATE client_registry.clients SET client_secret_hash = '"
                            + SecretHash.of("s3cret", new Pepper(OLD)) + "' WHERE client_id = '" + used.id() + "'");
            assertThat(cluster.askAll(used.key())).containsExactly(200, 200);

            // The first node changes. What it finds under the former pepper it moves; the other one finds it there.
            cluster.leave(0);
            ClusterNode<Gateway> changed = cluster.join(AFTER);
            assertThat(cluster.askAll(used.key())).containsExactly(200, 200);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(pepperOf(used.id())).isEqualTo(NEW_ID));
            for (int i = 0; i < 20; i++) {
                assertThat(cluster.askAll(used.key())).containsExactly(200, 200);
            }
            assertThat(pepperOf(used.id())).isEqualTo(NEW_ID);
            assertThat(value("SELECT actor FROM client_registry.audit_logs WHERE action = 'key.redigested'"))
                    .isEqualTo("gateway");
            assertThat(value("SELECT count(*) FROM client_registry.registry_changes WHERE op = 'U'"
                            + " AND kind = 'key' AND old_digest <> new_digest"))
                    .isEqualTo("1");

            // A secret, too.
            assertThat(changed.calls()
                            .auth("Authorization", basic(used.id(), "s3cret"))
                            .statusCode())
                    .isEqualTo(200);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(value("SELECT client_secret_hash FROM client_registry.clients"
                                    + " WHERE client_id = '" + used.id() + "'"))
                            .startsWith("hmac-sha256:" + NEW_ID));
            for (ClusterNode<Gateway> node : cluster.nodes()) {
                assertThat(node.calls()
                                .auth("Authorization", basic(used.id(), "s3cret"))
                                .statusCode())
                        .isEqualTo(200);
            }

            // The second node changes.
            cluster.leave(1);
            cluster.join(AFTER);
            assertThat(cluster.askAll(used.key())).containsExactly(200, 200);
            assertThat(standing()).containsExactlyInAnyOrderEntriesOf(Map.of("current", "1/1", "former", "1/0"));

            // Who forgets the former pepper too early loses what was not used meanwhile, and nothing else.
            ClusterNode<Gateway> early = cluster.join(Map.of("PORTCULLIS_AUTH_PEPPER", NEW));
            assertThat(early.calls().withKey(unused.key()).statusCode()).isEqualTo(401);
            assertThat(cluster.askAll(used.key())).containsExactly(200, 200, 200);

            // What was moved is taken back as anything else.
            cluster.registry().status(used.id(), "REVOKED");
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(cluster.askAll(used.key())).containsExactly(401, 401, 401));
        }
    }

    private String pepperOf(String clientId) throws Exception {
        return value("SELECT pepper_id FROM client_registry.client_keys WHERE client_id = '" + clientId + "'");
    }

    private String value(String sql) throws Exception {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "none";
        }
    }

    /** Role of a pepper → keys/secrets, as the command tells. */
    private Map<String, String> standing() {
        Map<String, String> environment = TestGateway.environment(database);
        environment.putAll(AFTER);
        Map<String, String> standing = new HashMap<>();
        CommandRun run = new CommandRun.Place(environment).run("key", "peppers", "--json");
        assertThat(run.err()).isEmpty();
        run.array().forEach(one -> {
            JsonObject row = (JsonObject) one;
            standing.put(row.getString("role"), row.getLong("keys") + "/" + row.getLong("secrets"));
        });
        return standing;
    }

    private static String basic(String id, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.ISO_8859_1));
    }
}
