package io.portcullis;

import io.portcullis.registry.ClientDetails;
import io.portcullis.registry.ClientEntry;
import io.portcullis.registry.ClientPage;
import io.portcullis.registry.KeyEntry;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Clients and keys as a command shows them. Fields are called as the columns are. */
final class ClientView {

    private ClientView() {}

    static String text(ClientPage page) {
        TextTable table = new TextTable().row("CLIENT ID", "CODE", "STATUS", "TENANT", "CREATED");
        for (ClientEntry client : page.clients()) {
            table.row(client.clientId(), client.clientCode(), client.status(), client.tenantId(), client.createdAt());
        }
        return table.render();
    }

    static JsonArray json(ClientPage page) {
        JsonArray clients = new JsonArray();
        page.clients().forEach(client -> clients.add(json(client)));
        return clients;
    }

    static String text(ClientDetails details) {
        ClientEntry client = details.client();
        TextTable fields = new TextTable()
                .row("Client id", client.clientId())
                .row("Code", client.clientCode())
                .row("Status", client.status())
                .row("Tenant", client.tenantId())
                .row("Owner", client.ownerUserId())
                .row("BAP id", client.bapId())
                .row("BAP URI", client.bapUri())
                .row("Allowed", client.allowedIps().isEmpty() ? "any address" : join(client.allowedIps()))
                .row("Rate limit", client.rateLimit() == null ? "as configured" : client.rateLimit())
                .row("Grace", client.graceSeconds() == null ? "as configured" : client.graceSeconds() + " s")
                .row("Scopes", join(client.scopes()))
                .row("Secret", client.hasSecret() ? "yes" : "no")
                .row("Created", client.createdAt())
                .row("Updated", client.updatedAt())
                .row("Synced", client.lastSyncedAt())
                .row("Version", client.version());
        if (client.fault() != null) {
            fields.row("Refused", client.fault());
        }
        if (details.keys().isEmpty()) {
            return fields.render() + System.lineSeparator() + "No keys.";
        }
        TextTable keys = new TextTable()
                .row("KEY ID", "PREFIX", "NAME", "STATUS", "SCOPES", "NOT BEFORE", "EXPIRES", "LAST USED", "USES");
        for (KeyEntry key : details.keys()) {
            keys.row(
                    key.keyId(),
                    key.prefix(),
                    key.name(),
                    key.status(),
                    join(key.scopes()),
                    key.notBefore(),
                    key.expiresAt(),
                    key.lastUsedAt(),
                    key.useCount());
        }
        String more = details.moreKeys() ? "There are more keys." : "";
        return fields.render() + System.lineSeparator() + keys.render() + more;
    }

    static JsonObject json(ClientDetails details) {
        JsonArray keys = new JsonArray();
        details.keys().forEach(key -> keys.add(json(key)));
        return json(details.client()).put("keys", keys).put("more_keys", details.moreKeys());
    }

    private static JsonObject json(ClientEntry client) {
        return new JsonObject()
                .put("client_id", client.clientId())
                .put("client_code", client.clientCode())
                .put("status", client.status())
                .put("tenant_id", client.tenantId())
                .put("owner_user_id", client.ownerUserId())
                .put("bap_id", client.bapId())
                .put("bap_uri", client.bapUri())
                .put("allowed_ips", new JsonArray(client.allowedIps()))
                .put("rate_limit", client.rateLimit())
                .put("grace_seconds", client.graceSeconds())
                .put("scopes", new JsonArray(client.scopes()))
                .put("has_secret", client.hasSecret())
                .put("created_at", client.createdAt())
                .put("updated_at", client.updatedAt())
                .put("last_synced_at", client.lastSyncedAt())
                .put("version", client.version())
                .put("fault", client.fault());
    }

    private static JsonObject json(KeyEntry key) {
        return new JsonObject()
                .put("key_id", key.keyId())
                .put("prefix", key.prefix())
                .put("name", key.name())
                .put("status", key.status())
                .put("scopes", new JsonArray(key.scopes()))
                .put("not_before", key.notBefore())
                .put("expires_at", key.expiresAt())
                .put("created_at", key.createdAt())
                .put("last_used_at", key.lastUsedAt())
                .put("use_count", key.useCount());
    }

    private static String join(List<String> texts) {
        return String.join(", ", texts);
    }
}
