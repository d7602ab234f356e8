package io.portcullis.accounts;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.config.Cidrs;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What may be written of a client, as a JSON object of the shape that the contract asks for: here is checked what a schema cannot say, so
 * that nothing is written that the gateway would refuse to serve.
 */
record ClientForm(JsonObject fields) {

    /** What {@code PATCH} may change. */
    static final Set<String> FIELDS = Set.of(
            "client_code",
            "tenant_id",
            "owner_user_id",
            "bap_id",
            "bap_uri",
            "allowed_ips",
            "rate_limit",
            "grace_seconds",
            "scopes",
            "metadata");

    private static final int METADATA = 64 * 1024;

    /** What is wrong with it; null where nothing is. */
    @Nullable
    String fault() {
        for (String network : texts("allowed_ips")) {
            String fault = Cidrs.fault(network);
            if (fault != null) {
                return "allowed_ips: " + network + " " + fault;
            }
        }
        Object metadata = fields.getValue("metadata");
        if (metadata instanceof JsonObject object && object.encode().length() > METADATA) {
            return "metadata is longer than " + METADATA + " characters";
        }
        String fault = new Client(
                        "",
                        fields.getString("client_code"),
                        fields.getString("tenant_id"),
                        fields.getString("owner_user_id"),
                        null,
                        fields.getString("bap_id"),
                        fields.getString("bap_uri"),
                        AddressRules.ANY,
                        null,
                        ClientStatus.PENDING,
                        Client.joinScopes(texts("scopes")),
                        null,
                        0,
                        null)
                .fault();
        return fault == null ? null : fault + ": visible ASCII only, no blank at an end or within a scope";
    }

    /** For {@link AccountSql#CLIENT_NEW}. */
    Tuple asNew(String clientId, ClientStatus status) {
        return Tuple.tuple()
                .addValue(clientId)
                .addValue(fields.getString("client_code"))
                .addValue(fields.getString("tenant_id"))
                .addValue(fields.getString("owner_user_id"))
                .addValue(fields.getString("bap_id"))
                .addValue(fields.getString("bap_uri"))
                .addValue(array("allowed_ips"))
                .addValue(fields.getInteger("rate_limit"))
                .addValue(status.name())
                .addValue(array("scopes"))
                .addValue(fields.getInteger("grace_seconds"))
                .addValue(metadata());
    }

    /** For {@link AccountSql#CLIENT_CHANGE}. */
    @Nullable
    Object[] asChange(String clientId) {
        return new @Nullable Object[] {
            clientId,
            fields.getString("client_code"),
            fields.getString("tenant_id"),
            fields.getString("owner_user_id"),
            fields.getString("bap_id"),
            fields.getString("bap_uri"),
            array("allowed_ips"),
            fields.getInteger("rate_limit"),
            array("scopes"),
            fields.getInteger("grace_seconds"),
            metadata()
        };
    }

    /**
     * This with a merge patch (RFC 7396) of it: a null takes a field away, objects are merged, anything else takes the place of what was
     * there.
     */
    ClientForm patched(JsonObject patch) {
        JsonObject merged = (JsonObject) Objects.requireNonNull(merge(fields, patch));
        return new ClientForm(merged);
    }

    private static @Nullable Object merge(@Nullable Object target, @Nullable Object patch) {
        if (!(patch instanceof JsonObject changes)) {
            return patch;
        }
        JsonObject result = target instanceof JsonObject object ? object.copy() : new JsonObject();
        for (String name : changes.fieldNames()) {
            Object value = changes.getValue(name);
            if (value == null) {
                result.remove(name);
            } else {
                result.put(name, merge(result.getValue(name), value));
            }
        }
        return result;
    }

    private @Nullable String metadata() {
        Object metadata = fields.getValue("metadata");
        return metadata == null ? null : io.vertx.core.json.Json.encode(metadata);
    }

    private String[] array(String name) {
        return texts(name).toArray(new String[0]);
    }

    private List<String> texts(String name) {
        JsonArray entries = fields.getJsonArray(name);
        return entries == null
                ? List.of()
                : entries.stream().map(Objects::toString).toList();
    }
}
