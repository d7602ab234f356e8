package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClientViewTest {

    private static final String ID = "7b0f6c4e-0000-4000-8000-000000000001";

    private static JsonObject client(@Nullable String code, @Nullable String fault) {
        return new JsonObject()
                .put("client_id", ID)
                .put("client_code", code)
                .put("status", "ACTIVE")
                .put("tenant_id", "shop")
                .put("owner_user_id", null)
                .put("bap_id", "bap.example")
                .put("bap_uri", null)
                .put("allowed_ips", new JsonArray().add("10.0.0.0/8").add("2001:db8::/32"))
                .put("rate_limit", 100)
                .put("grace_seconds", 0)
                .put("scopes", new JsonArray().add("read"))
                .put("metadata", new JsonObject().put("team", "orders"))
                .put("has_secret", true)
                .put("created_at", "2026-01-02T03:04:05Z")
                .put("updated_at", "2026-01-02T03:04:06Z")
                .put("last_synced_at", null)
                .put("version", 42)
                .put("fault", fault);
    }

    private static final JsonObject KEY = new JsonObject()
            .put("key_id", "7b0f6c4e-0000-4000-8000-00000000000a")
            .put("prefix", "pk_live_Ab3")
            .put("name", "laptop")
            .put("status", "ACTIVE")
            .put("scopes", new JsonArray())
            .put("not_before", null)
            .put("expires_at", "infinity")
            .put("created_at", "2026-01-02T03:04:05Z")
            .put("last_used_at", "2026-01-03T03:04:05Z")
            .put("use_count", 7);

    @Test
    void aClientIsShownToPeople() {
        assertThat(ClientView.client(client("acme", null)).lines().map(String::stripTrailing))
                .containsExactly("""
                Client id   7b0f6c4e-0000-4000-8000-000000000001
                Code        acme
                Status      ACTIVE
                Tenant      shop
                Owner       -
                BAP id      bap.example
                BAP URI     -
                Allowed     10.0.0.0/8, 2001:db8::/32
                Rate limit  100
                Grace       0 s
                Scopes      read
                Metadata    {"team":"orders"}
                Secret      yes
                Created     2026-01-02T03:04:05Z
                Updated     2026-01-02T03:04:06Z
                Synced      -
                Version     42
                """.split("\n"));
    }

    @Test
    void itsKeysAreShownWithTheirLastUse() {
        JsonObject page = new JsonObject().put("keys", new JsonArray().add(KEY));

        assertThat(ClientView.keys(page).lines().map(String::stripTrailing)).containsExactly("""
                KEY ID                                PREFIX       NAME    STATUS  SCOPES  NOT BEFORE  EXPIRES   LAST USED             USES
                7b0f6c4e-0000-4000-8000-00000000000a  pk_live_Ab3  laptop  ACTIVE  -       -           infinity  2026-01-03T03:04:05Z  7
                """.split("\n"));
        assertThat(ClientView.keys(new JsonObject().put("keys", new JsonArray())))
                .startsWith("No keys.");
    }

    @Test
    void whyARowIsRefusedIsShown() {
        assertThat(ClientView.client(client("acme", "status is not a known one")))
                .contains("Refused     status is not a known one");
    }

    @Test
    void aListIsATable() {
        JsonObject page = new JsonObject().put("clients", new JsonArray().add(client(null, null)));

        assertThat(ClientView.list(page).lines())
                .containsExactly(
                        "CLIENT ID                             CODE  STATUS  TENANT  OWNER  CREATED",
                        ID + "  -     ACTIVE  shop    -      2026-01-02T03:04:05Z");
    }
}
