package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What administrators' tokens may, and of whom. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before all tests
class TokensIT {

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
    void whoIsBoundToATenantSeesNothingElse() throws Exception {
        String theirs = admin.register(client("theirs").put("tenant_id", "them"));
        String nobodys = admin.register(client("nobodys"));
        AdminCalls us = admin.token("operator", "us");

        AdminCalls.Answer ours = us.post("/clients", client("ours"));

        assertThat(ours.status()).as("%s", ours).isEqualTo(201);
        assertThat(ours.json().getString("tenant_id")).isEqualTo("us");
        assertThat(us.post("/clients", client("x").put("tenant_id", "them")).status())
                .isEqualTo(400);
        for (String path : List.of(theirs, nobodys)) {
            assertThat(us.get(path).status()).isEqualTo(404);
            assertThat(us.get(path + "/keys").status()).isEqualTo(404);
            assertThat(us.post(path + "/approve", null).status()).isEqualTo(404);
            assertThat(us.post(path + "/keys", new JsonObject()).status()).isEqualTo(404);
            assertThat(us.patch(path, new JsonObject().put("rate_limit", 1), "If-Match", "*")
                            .status())
                    .isEqualTo(404);
        }
        assertThat(us.get("/clients?tenant_id=them").json().encode()).doesNotContain("theirs");
        assertThat(us.get("/audit").json().encode()).contains("ours").doesNotContain("them");
        assertThat(us.call("GET", "/clients:export", null).response().body())
                .contains("ours")
                .doesNotContain("theirs");
        assertThat(us.get("/nodes").status()).isEqualTo(403);
        assertThat(us.get("/tokens").status()).isEqualTo(403);
        assertThat(us.post(ours.header("Location").replace("/admin/v1", "") + "/keys", new JsonObject())
                        .status())
                .isEqualTo(201);
        assertThat(admin.token("admin", "us").get("/tokens").json().encode()).doesNotContain("\"them\"");
    }

    @Test
    void aRoleMayWhatItMay() throws Exception {
        AdminCalls viewer = admin.token("viewer", null);

        assertThat(viewer.get("/clients").status()).isEqualTo(200);
        AdminCalls.Answer refused = viewer.post("/clients", client("x"));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.json().getInteger("code")).isEqualTo(65007);
        assertThat(admin.with("pt_" + "x".repeat(43)).get("/clients").status()).isEqualTo(401);
    }

    @Test
    void aRevokedTokenIsRefusedAtOnce() throws Exception {
        AdminCalls.Answer made =
                admin.post("/tokens", new JsonObject().put("name", "t").put("role", "viewer"));
        AdminCalls viewer = admin.with(made.json().getString("token"));
        assertThat(viewer.get("/clients").status()).isEqualTo(200);

        admin.delete("/tokens/" + made.json().getString("token_id"));

        assertThat(viewer.get("/clients").status()).isEqualTo(401);
    }

    /** Who has the configured token may be a program that acts for people; who has another is who it says. */
    @Test
    void onlyTheConfiguredTokenSpeaksForOthers() throws Exception {
        String first =
                admin.post("/clients", client("a"), "X-Actor", "ada").json().getString("client_id");
        String second = admin.token("operator", null)
                .post("/clients", client("b"), "X-Actor", "ada")
                .json()
                .getString("client_id");

        assertThat(actor(first)).isEqualTo("ada");
        assertThat(actor(second)).isEqualTo("token:operator");
    }

    @Test
    void toDropAllTakesAnAdmin() throws Exception {
        AdminCalls operator = admin.token("operator", null);

        AdminCalls.Answer refused = operator.post("/cache/invalidate", new JsonObject().put("all", true));

        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.json().getInteger("code")).isEqualTo(65007);
        assertThat(admin.token("admin", null)
                        .post("/cache/invalidate", new JsonObject().put("all", true))
                        .status())
                .isEqualTo(200);
    }

    private static String actor(String clientId) throws Exception {
        return admin.get("/audit?entity=client:" + clientId)
                .json()
                .getJsonArray("entries")
                .getJsonObject(0)
                .getString("actor");
    }

    private static JsonObject client(String code) {
        return new JsonObject().put("client_code", code);
    }
}
