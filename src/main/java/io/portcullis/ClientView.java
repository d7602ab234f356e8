package io.portcullis;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Clients and keys, as the API has them, for people. */
final class ClientView {

    private ClientView() {}

    /** A page of them. */
    static String list(JsonObject page) {
        TextTable table = new TextTable().row("CLIENT ID", "CODE", "STATUS", "TENANT", "OWNER", "CREATED");
        for (JsonObject client : ManagementClient.objects(page, "clients")) {
            table.row(
                    client.getValue("client_id"),
                    client.getValue("client_code"),
                    client.getValue("status"),
                    client.getValue("tenant_id"),
                    client.getValue("owner_user_id"),
                    client.getValue("created_at"));
        }
        return table.render();
    }

    /** One, without its keys. */
    static String client(JsonObject client) {
        Object rate = client.getValue("rate_limit");
        Object grace = client.getValue("grace_seconds");
        TextTable fields = new TextTable()
                .row("Client id", client.getValue("client_id"))
                .row("Code", client.getValue("client_code"))
                .row("Status", client.getValue("status"))
                .row("Tenant", client.getValue("tenant_id"))
                .row("Owner", client.getValue("owner_user_id"))
                .row("BAP id", client.getValue("bap_id"))
                .row("BAP URI", client.getValue("bap_uri"))
                .row("Allowed", isEmpty(client, "allowed_ips") ? "any address" : joined(client, "allowed_ips"))
                .row("Rate limit", rate == null ? "as configured" : rate)
                .row("Grace", grace == null ? "as configured" : grace + " s")
                .row("Scopes", joined(client, "scopes"))
                .row("Metadata", metadata(client))
                .row("Secret", Boolean.TRUE.equals(client.getValue("has_secret")) ? "yes" : "no")
                .row("Created", client.getValue("created_at"))
                .row("Updated", client.getValue("updated_at"))
                .row("Synced", client.getValue("last_synced_at"))
                .row("Version", client.getValue("version"));
        if (client.getValue("fault") != null) {
            fields.row("Refused", client.getValue("fault"));
        }
        return fields.render();
    }

    /** A page of a client's keys. */
    static String keys(JsonObject page) {
        if (isEmpty(page, "keys")) {
            return "No keys." + System.lineSeparator();
        }
        TextTable table = new TextTable()
                .row("KEY ID", "PREFIX", "NAME", "STATUS", "SCOPES", "NOT BEFORE", "EXPIRES", "LAST USED", "USES");
        for (JsonObject key : ManagementClient.objects(page, "keys")) {
            table.row(
                    key.getValue("key_id"),
                    key.getValue("prefix"),
                    key.getValue("name"),
                    key.getValue("status"),
                    joined(key, "scopes"),
                    key.getValue("not_before"),
                    key.getValue("expires_at"),
                    key.getValue("last_used_at"),
                    key.getValue("use_count"));
        }
        return table.render();
    }

    private static @Nullable String metadata(JsonObject client) {
        return client.getValue("metadata") instanceof JsonObject object ? object.encode() : null;
    }

    private static boolean isEmpty(JsonObject document, String name) {
        return document.getJsonArray(name, new JsonArray()).isEmpty();
    }

    private static String joined(JsonObject document, String name) {
        return document.getJsonArray(name, new JsonArray()).stream()
                .map(Objects::toString)
                .collect(Collectors.joining(", "));
    }
}
