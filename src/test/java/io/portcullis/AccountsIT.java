package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients, their keys and the audit through the management port of a real gateway. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before all tests
class AccountsIT {

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
    void aClientIsTakenThroughItsWholeLife() throws Exception {
        AdminCalls.Answer registered =
                admin.post("/clients?wait=all", client("acme").put("bap_uri", "https://acme.example"));
        assertThat(registered.status()).as("%s", registered).isEqualTo(201);
        assertThat(registered.json().getString("status")).isEqualTo("PENDING");
        String client = registered.header("Location").replace("/admin/v1", "");
        assertThat(registered.header("ETag")).isEqualTo("\"" + registered.json().getLong("version") + "\"");

        AdminCalls.Answer created = admin.post(client + "/keys?wait=all", new JsonObject().put("name", "first"));
        assertThat(created.status()).isEqualTo(201);
        String key = created.json().getString("key");
        assertThat(status(key)).isEqualTo(403);

        assertThat(admin.post(client + "/approve?wait=all", reason("known"))
                        .json()
                        .getString("status"))
                .isEqualTo("ACTIVE");
        assertThat(status(key)).isEqualTo(200);
        admin.post(client + "/suspend?wait=all", reason("unpaid"));
        assertThat(status(key)).isEqualTo(403);
        admin.post(client + "/reactivate?wait=all", null);
        assertThat(status(key)).isEqualTo(200);

        String path = client + "/keys/" + created.json().getString("key_id");
        AdminCalls.Answer rotated = admin.post(path + "/rotate?wait=all", new JsonObject().put("grace", "2s"));
        assertThat(rotated.status()).as("%s", rotated).isEqualTo(201);
        String successor = rotated.json().getString("key");
        assertThat(status(successor)).isEqualTo(200);
        assertThat(status(key)).isEqualTo(200);
        await().until(() -> status(key) == 401);
        assertThat(status(successor)).isEqualTo(200);

        AdminCalls.Answer revoked = admin.post(client + "/revoke?wait=all", reason("gone"));
        assertThat(revoked.json().getJsonObject("barrier").getBoolean("applied"))
                .isTrue();
        assertThat(status(successor)).isEqualTo(401);

        JsonArray story = admin.get("/audit?entity=client:" + client.replace("/clients/", ""))
                .json()
                .getJsonArray("entries");
        assertThat(story.stream().map(entry -> ((JsonObject) entry).getString("action")))
                .containsExactly(
                        "client.revoke",
                        "key.rotated",
                        "client.reactivate",
                        "client.suspend",
                        "client.approve",
                        "key.created",
                        "client.registered");
        assertThat(story.encode()).doesNotContain(key).doesNotContain(successor);
        assertThat(story.getJsonObject(3).getString("reason")).isEqualTo("unpaid");
        assertThat(story.getJsonObject(3)
                        .getJsonObject("payload")
                        .getJsonObject("before")
                        .getString("status"))
                .isEqualTo("ACTIVE");
    }

    @Test
    void anIllegalStepNamesTheLegalOnes() throws Exception {
        String client = register("steps");

        AdminCalls.Answer answer = admin.post(client + "/reactivate", null);

        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.json().getInteger("code")).isEqualTo(65009);
        assertThat(answer.json().getJsonArray("legal_steps")).containsExactly("approve", "reject", "revoke");
        admin.post(client + "/reject", null);
        assertThat(admin.post(client + "/revoke", null).json().getJsonArray("legal_steps"))
                .isEmpty();
        assertThat(admin.post(client + "/keys", new JsonObject()).status()).isEqualTo(409);
    }

    @Test
    void aPatchNeedsTheVersionThatWasRead() throws Exception {
        String client = register("patched");
        String etag = admin.get(client).header("ETag");

        assertThat(admin.patch(client, new JsonObject().put("rate_limit", 5)).status())
                .isEqualTo(428);
        AdminCalls.Answer patched = admin.patch(
                client,
                new JsonObject()
                        .put("rate_limit", 5)
                        .put("metadata", new JsonObject().put("a", 1).put("b", new JsonObject().put("c", 2))),
                "If-Match",
                etag);
        assertThat(patched.status()).as("%s", patched).isEqualTo(200);
        AdminCalls.Answer late = admin.patch(client, new JsonObject().put("rate_limit", 6), "If-Match", etag);
        assertThat(late.status()).isEqualTo(412);
        assertThat(late.json().getInteger("code")).isEqualTo(65017);

        AdminCalls.Answer merged = admin.patch(
                client,
                new JsonObject()
                        .putNull("rate_limit")
                        .put("metadata", new JsonObject().putNull("a").put("b", new JsonObject().put("d", 3))),
                "If-Match",
                "*",
                "Content-Type",
                "application/merge-patch+json");
        assertThat(merged.json().getValue("rate_limit")).isNull();
        assertThat(merged.json().getJsonObject("metadata"))
                .isEqualTo(
                        new JsonObject().put("b", new JsonObject().put("c", 2).put("d", 3)));
    }

    @Test
    void ofFiftyEditorsOneWinsEachVersion() throws Exception {
        String client = register("edited");
        int editors = 50;
        ExecutorService threads = Executors.newFixedThreadPool(editors);
        try {
            int won = 0;
            int lost = 0;
            for (int round = 0; round < 4; round++) {
                String etag = admin.get(client).header("ETag");
                List<Callable<Integer>> edits = new ArrayList<>();
                for (int i = 0; i < editors; i++) {
                    int limit = 1 + round * editors + i;
                    edits.add(() -> admin.patch(client, new JsonObject().put("rate_limit", limit), "If-Match", etag)
                            .status());
                }
                for (Future<Integer> edit : threads.invokeAll(edits)) {
                    int status = edit.get();
                    assertThat(status).isIn(200, 412);
                    won += status == 200 ? 1 : 0;
                    lost += status == 412 ? 1 : 0;
                }
            }
            assertThat(won).isEqualTo(4);
            assertThat(lost).isEqualTo(4 * editors - 4);
            JsonArray entries = admin.get("/audit?entity=client:" + client.replace("/clients/", ""))
                    .json()
                    .getJsonArray("entries");
            assertThat(entries.stream()
                            .map(entry -> ((JsonObject) entry)
                                    .getJsonObject("payload")
                                    .getJsonObject("after")
                                    .getLong("version"))
                            .distinct())
                    .hasSize(1 + won)
                    .hasSameSizeAs(entries.getList());
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void unknownFieldsAndParametersAreRefusedByName() throws Exception {
        AdminCalls.Answer field = admin.post("/clients", client("x").put("allowed_ip", "10.0.0.0/8"));
        AdminCalls.Answer parameter = admin.get("/clients?tennant_id=x");
        AdminCalls.Answer network =
                admin.post("/clients", client("x").put("allowed_ips", new JsonArray().add("10.0.0.1/8")));

        assertThat(field.status()).isEqualTo(400);
        assertThat(field.json().getString("detail")).contains("allowed_ip");
        assertThat(parameter.status()).isEqualTo(400);
        assertThat(parameter.json().getString("detail")).contains("tenant_id");
        assertThat(network.json().getString("detail")).contains("10.0.0.0/8");
        assertThat(admin.call("POST", "/clients", "{\"client_code\": \"" + "x".repeat(1 << 20) + "\"}")
                        .status())
                .isEqualTo(413);
        assertThat(admin.call("POST", "/clients", "{\"client_code\": \"a\\u0000b\"}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void whatIsExportedCanBeImported() throws Exception {
        String tenant = "export-" + UUID.randomUUID();
        for (int i = 0; i < 5; i++) {
            admin.register(client("e" + i)
                    .put("tenant_id", tenant)
                    .put("allowed_ips", new JsonArray().add("10.0.0.0/8"))
                    .put("metadata", new JsonObject().put("n", i)));
        }
        String exported = admin.call("GET", "/clients:export?tenant_id=" + tenant, null)
                .response()
                .body();
        gateway.sql("DELETE FROM client_registry.clients WHERE tenant_id = '" + tenant + "'");

        String result = admin.call(
                        "POST",
                        "/clients:import?activate=true",
                        exported + "{\"client_code\": 5}\nnonsense\n"
                                + exported.lines().findFirst().orElseThrow(),
                        "Content-Type",
                        "application/x-ndjson")
                .response()
                .body();

        List<JsonObject> lines = result.lines().map(JsonObject::new).toList();
        assertThat(lines).hasSize(9);
        JsonObject done = lines.get(8).getJsonObject("done");
        assertThat(done.getInteger("registered")).isEqualTo(5);
        assertThat(done.getInteger("refused")).isEqualTo(3);
        assertThat(done.getInteger("lines")).isEqualTo(8);
        assertThat(admin.call("GET", "/clients:export?tenant_id=" + tenant, null)
                        .response()
                        .body()
                        .lines())
                .hasSize(5)
                .allMatch(line -> line.contains("ACTIVE"));
    }

    @Test
    void clientsAreFoundPageByPage() throws Exception {
        String tenant = "page-" + UUID.randomUUID();
        for (int i = 0; i < 5; i++) {
            admin.register(client("Page" + i).put("tenant_id", tenant).put("owner_user_id", "u" + i % 2));
        }

        JsonObject first = admin.get("/clients?limit=2&tenant_id=" + tenant).json();
        JsonObject second = admin.get("/clients?limit=3&tenant_id=" + tenant + "&cursor=" + first.getString("next"))
                .json();

        assertThat(first.getJsonArray("clients")).hasSize(2);
        assertThat(second.getJsonArray("clients")).hasSize(3);
        assertThat(second.getValue("next")).isNull();
        assertThat(admin.get("/clients?owner_user_id=u0&tenant_id=" + tenant)
                        .json()
                        .getJsonArray("clients"))
                .hasSize(3);
        assertThat(admin.get("/clients?q=page4&tenant_id=" + tenant).json().getJsonArray("clients"))
                .hasSize(1);
    }

    @Test
    void aNodeForgetsWhatItIsToldTo() throws Exception {
        String client = register("forgotten");

        AdminCalls.Answer answer = admin.post(
                "/cache/invalidate?wait=all", new JsonObject().put("client_id", client.replace("/clients/", "")));

        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        assertThat(answer.json().getJsonObject("barrier").getBoolean("applied")).isTrue();
        assertThat(admin.post("/cache/invalidate", new JsonObject().put("all", true))
                        .status())
                .isEqualTo(200);
        assertThat(admin.post("/cache/invalidate", new JsonObject()).status()).isEqualTo(400);
    }

    private static String register(String code) throws Exception {
        return admin.register(client(code));
    }

    private static JsonObject client(String code) {
        return new JsonObject().put("client_code", code);
    }

    private static JsonObject reason(String text) {
        return new JsonObject().put("reason", text);
    }

    private static int status(String key) throws Exception {
        return gateway.withKey(key).statusCode();
    }
}
