package io.portcullis.accounts;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Rows as they are answered. Fields are called as the columns are. Total: also for what others wrote into a row. */
final class Documents {

    private static final int MOST_ENTRIES = 1000;

    private Documents() {}

    static JsonObject client(Row row) {
        JsonArray scopes = texts(row, "c_scopes");
        JsonArray networks = texts(row, "c_ips");
        return new JsonObject()
                .put("client_id", row.getString("c_id"))
                .put("client_code", row.getString("c_code"))
                .put("status", row.getString("c_status"))
                .put("tenant_id", row.getString("c_tenant"))
                .put("owner_user_id", row.getString("c_owner"))
                .put("bap_id", row.getString("c_bap_id"))
                .put("bap_uri", row.getString("c_bap_uri"))
                .put("allowed_ips", networks)
                .put("rate_limit", row.getInteger("c_rate"))
                .put("grace_seconds", row.getInteger("c_grace"))
                .put("scopes", scopes)
                .put("metadata", value(row.getString("c_metadata")))
                .put("has_secret", row.getBoolean("c_secret"))
                .put("created_at", row.getString("c_created"))
                .put("updated_at", row.getString("c_updated"))
                .put("last_synced_at", row.getString("c_synced"))
                .put("version", row.getLong("c_version"))
                .put("fault", fault(row, networks, scopes));
    }

    /** A client as it is decided by. */
    static JsonObject cached(Client client) {
        return new JsonObject()
                .put("client_id", client.clientId())
                .put("client_code", client.clientCode())
                .put("status", client.status().name())
                .put("tenant_id", client.tenantId())
                .put("version", client.version())
                .put("fault", client.fault());
    }

    static JsonObject key(Row row) {
        return new JsonObject()
                .put("key_id", row.getString("k_id"))
                .put("client_id", row.getString("k_client"))
                .put("prefix", row.getString("k_prefix"))
                .put("name", row.getString("k_name"))
                .put("status", row.getString("k_status"))
                .put("scopes", texts(row, "k_scopes"))
                .put("not_before", row.getString("k_from"))
                .put("expires_at", row.getString("k_until"))
                .put("created_at", row.getString("k_created"))
                .put("last_used_at", row.getString("k_used"))
                .put("use_count", row.getLong("k_uses"))
                .put("version", row.getLong("k_version"));
    }

    static JsonObject token(Row row) {
        return new JsonObject()
                .put("token_id", row.getString("t_id"))
                .put("name", row.getString("t_name"))
                .put("role", row.getString("t_role"))
                .put("tenant_id", row.getString("t_tenant"))
                .put("created_at", row.getString("t_created"))
                .put("created_by", row.getString("t_by"))
                .put("expires_at", row.getString("t_until"))
                .put("revoked_at", row.getString("t_revoked"));
    }

    static JsonObject audit(Row row) {
        return new JsonObject()
                .put("id", row.getLong("id"))
                .put("occurred_at", row.getString("at"))
                .put("actor", row.getString("actor"))
                .put("action", row.getString("action"))
                .put("entity", row.getString("entity"))
                .put("tenant_id", row.getString("tenant_id"))
                .put("correlation_id", row.getString("correlation_id"))
                .put("reason", row.getString("reason"))
                .put("key", row.getString("key"))
                .put("cid", row.getString("cid"))
                .put("payload", value(row.getString("payload")));
    }

    /** Why the gateway refuses this row; null for a sound one. */
    private static @Nullable String fault(Row row, JsonArray networks, JsonArray scopes) {
        if (networks.size() > MOST_ENTRIES || networks.contains("")) {
            return "allowed_ips has an empty entry or more than " + MOST_ENTRIES;
        }
        if (scopes.size() > MOST_ENTRIES) {
            return "scopes has more than " + MOST_ENTRIES + " entries";
        }
        ClientStatus status = ClientStatus.of(row.getString("c_status"));
        return new Client(
                        Objects.requireNonNull(row.getString("c_id")),
                        row.getString("c_code"),
                        row.getString("c_tenant"),
                        row.getString("c_owner"),
                        null,
                        row.getString("c_bap_id"),
                        row.getString("c_bap_uri"),
                        AddressRules.ANY,
                        row.getInteger("c_rate"),
                        status == null ? ClientStatus.SUSPENDED : status,
                        Client.joinScopes(scopes.stream().map(Objects::toString).toList()),
                        row.getInteger("c_grace"),
                        row.getLong("c_version"),
                        status == null ? "status is not a known one" : null)
                .fault();
    }

    private static JsonArray texts(Row row, String column) {
        return new JsonArray(List.of(Objects.requireNonNull(row.getArrayOfStrings(column), column)));
    }

    static @Nullable Object value(@Nullable String json) {
        try {
            return json == null ? null : Json.decodeValue(json);
        } catch (DecodeException e) {
            // PostgreSQL takes some that our parser does not: deeper ones, say.
            return null;
        }
    }
}
