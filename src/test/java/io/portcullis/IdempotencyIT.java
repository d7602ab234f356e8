package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is asked twice under one Idempotency-Key. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before all tests
class IdempotencyIT {

    private static TestGateway gateway;
    private static AdminCalls admin;

    @BeforeAll
    static void start() throws Exception {
        gateway = TestGateway.start(Map.of());
        admin = AdminCalls.of(gateway);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void theSameUnderOneIdempotencyKeyIsDoneOnce() throws Exception {
        String key = UUID.randomUUID().toString();
        JsonObject body = client("once").put("keys", 1);

        AdminCalls.Answer first = admin.post("/clients", body, "Idempotency-Key", key);
        AdminCalls.Answer again = admin.post("/clients", body, "Idempotency-Key", key);
        AdminCalls.Answer other = admin.post("/clients", client("other"), "Idempotency-Key", key);

        assertThat(first.status()).as("%s", first).isEqualTo(201);
        JsonObject shown = first.json().getJsonArray("keys").getJsonObject(0);
        assertThat(shown.getString("key")).startsWith("pk_live_");
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        assertThat(again.json().getLong("seq")).isEqualTo(first.json().getLong("seq"));
        JsonObject hidden = again.json().getJsonArray("keys").getJsonObject(0);
        assertThat(hidden.containsKey("key")).isFalse();
        assertThat(hidden.getBoolean("already_shown")).isTrue();
        assertThat(envelopes()).contains("already_shown").doesNotContain(shown.getString("key"));
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.json().getInteger("code")).isEqualTo(65018);
    }

    @Test
    void whileOneRequestRunsTheOthersUnderItsIdempotencyKeyAreToldSo() throws Exception {
        String key = UUID.randomUUID().toString();
        JsonObject body = client("race").put("tenant_id", "race-" + key);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try (Connection other = TestServers.connect(gateway.database());
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            // Nobody can register anything until this is given back.
            statement.execute("LOCK TABLE client_registry.clients IN SHARE MODE");
            List<Future<AdminCalls.Answer>> calls = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                calls.add(threads.submit(() -> admin.post("/clients", body, "Idempotency-Key", key)));
            }
            await().until(() -> calls.stream().filter(Future::isDone).count() == 2);
            other.rollback();

            List<Integer> statuses = new ArrayList<>();
            for (Future<AdminCalls.Answer> call : calls) {
                statuses.add(call.get().status());
            }
            assertThat(statuses).containsExactlyInAnyOrder(201, 409, 409);
        } finally {
            threads.shutdownNow();
        }
        assertThat(admin.get("/clients?tenant_id=race-" + key).json().getJsonArray("clients"))
                .hasSize(1);
    }

    @Test
    void aRefusalIsReplayedToo() throws Exception {
        String client = admin.register(client("refused"));
        String key = UUID.randomUUID().toString();
        AdminCalls.Answer first = admin.post(client + "/reactivate", null, "Idempotency-Key", key);
        admin.post(client + "/approve", null);
        admin.post(client + "/suspend", null);

        AdminCalls.Answer again = admin.post(client + "/reactivate", null, "Idempotency-Key", key);

        assertThat(first.status()).isEqualTo(409);
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.json().getJsonArray("legal_steps"))
                .isEqualTo(first.json().getJsonArray("legal_steps"));
    }

    private static String envelopes() throws Exception {
        try (Connection connection = TestServers.connect(gateway.database());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT string_agg(envelope::text, ' ') FROM client_registry.idempotency_keys")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static JsonObject client(String code) {
        return new JsonObject().put("client_code", code);
    }
}
