package io.portcullis.source;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the source says of one client: only of the fields that are in it. A field that is left out says nothing; one that is null says that
 * there is none. Immutable, and sound: a client with these values can be stored and served.
 */
public final class SourceRecord {

    private static final Pattern UUID_TEXT =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    private static final Pattern HASH = Pattern.compile("[!-~]{1,2048}");

    private static final String HASH_ALIAS = "api_key_hash";

    private static final int MOST_NETWORKS = 1000;

    private final String clientId;
    private final Map<Field, @Nullable Object> values;

    private SourceRecord(String clientId, Map<Field, @Nullable Object> values) {
        this.clientId = clientId;
        this.values = Collections.unmodifiableMap(values);
    }

    /** That the client has this status, and nothing else. */
    static SourceRecord ofStatus(String clientId, ClientStatus status) {
        Map<Field, @Nullable Object> values = new EnumMap<>(Field.class);
        values.put(Field.STATUS, status);
        return new SourceRecord(clientId, values);
    }

    /**
     * Reads what the Admin Service's events and its API both carry: {@code client_id, client_code, client_secret_hash|api_key_hash, bap_id,
     * bap_uri, rate_limit, allowed_ips[], status, tenant_id, owner_user_id, metadata}; all but the first may be left out. Other members are
     * ignored.
     *
     * @throws SourceFault it is no client's record, or one that could not be stored or served
     */
    public static SourceRecord of(JsonObject json) throws SourceFault {
        JsonText.check(json);
        String id = text(json, "client_id");
        if (id == null || !UUID_TEXT.matcher(id).matches()) {
            throw new SourceFault("client_id is not a UUID");
        }
        Map<Field, @Nullable Object> values = new EnumMap<>(Field.class);
        for (Field field : Field.all()) {
            if (json.containsKey(field.text())) {
                values.put(field, value(json, field));
            }
        }
        if (json.containsKey(HASH_ALIAS)) {
            String alias = hash(json, HASH_ALIAS);
            if (values.containsKey(Field.SECRET_HASH) && !Objects.equals(alias, values.get(Field.SECRET_HASH))) {
                throw new SourceFault("client_secret_hash and api_key_hash differ");
            }
            values.put(Field.SECRET_HASH, alias);
        }
        // It says nothing of a client's life, and there is no client without one.
        if (values.containsKey(Field.STATUS) && values.get(Field.STATUS) == null) {
            values.remove(Field.STATUS);
        }
        SourceRecord record = new SourceRecord(UUID.fromString(id).toString(), values);
        String fault = record.unservable();
        if (fault != null) {
            throw new SourceFault(fault);
        }
        return record;
    }

    /** UUID in canonical text. */
    public String clientId() {
        return clientId;
    }

    Map<Field, @Nullable Object> values() {
        return values;
    }

    private static @Nullable Object value(JsonObject json, Field field) throws SourceFault {
        return switch (field) {
            case CLIENT_CODE, TENANT_ID, OWNER_USER_ID, BAP_ID, BAP_URI -> text(json, field.text());
            case SECRET_HASH -> hash(json, field.text());
            case ALLOWED_IPS -> networks(json.getValue(field.text()));
            case RATE_LIMIT -> rate(json.getValue(field.text()));
            case METADATA -> metadata(json.getValue(field.text()));
            case STATUS -> status(text(json, field.text()));
        };
    }

    private static @Nullable String text(JsonObject json, String name) throws SourceFault {
        Object value = json.getValue(name);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw new SourceFault(name + " is not a text");
    }

    private static @Nullable String hash(JsonObject json, String name) throws SourceFault {
        String hash = text(json, name);
        if (hash != null && !HASH.matcher(hash).matches()) {
            throw new SourceFault(name + " is not 1 to 2048 visible characters");
        }
        return hash;
    }

    private static @Nullable ClientStatus status(@Nullable String name) throws SourceFault {
        ClientStatus status = ClientStatus.of(name);
        if (name != null && status == null) {
            throw new SourceFault("status is none of " + List.of(ClientStatus.values()));
        }
        return status;
    }

    private static @Nullable Integer rate(@Nullable Object value) throws SourceFault {
        if (value == null) {
            return null;
        }
        if (value instanceof Integer rate && rate >= 0) {
            return rate;
        }
        throw new SourceFault("rate_limit is not a whole number from 0 to 2147483647");
    }

    private static @Nullable Metadata metadata(@Nullable Object value) throws SourceFault {
        if (value == null) {
            return null;
        }
        if (value instanceof JsonObject object) {
            return Metadata.of(object);
        }
        throw new SourceFault("metadata is not an object");
    }

    private static Networks networks(@Nullable Object value) throws SourceFault {
        if (value == null) {
            return Networks.ANY;
        }
        if (!(value instanceof JsonArray array) || array.size() > MOST_NETWORKS) {
            throw new SourceFault("allowed_ips is not a list of at most " + MOST_NETWORKS + " networks");
        }
        List<String> texts = new ArrayList<>();
        for (Object entry : array) {
            if (!(entry instanceof String text)) {
                throw new SourceFault("allowed_ips has an entry that is not a text");
            }
            texts.add(text);
        }
        Networks networks = Networks.of(texts);
        if (networks == null) {
            throw new SourceFault("allowed_ips has an entry that is not a network in CIDR notation");
        }
        return networks;
    }

    /** Why the gateway would refuse a client for one of these values. */
    private @Nullable String unservable() {
        return new Client(
                        clientId,
                        (String) values.get(Field.CLIENT_CODE),
                        (String) values.get(Field.TENANT_ID),
                        (String) values.get(Field.OWNER_USER_ID),
                        null,
                        (String) values.get(Field.BAP_ID),
                        (String) values.get(Field.BAP_URI),
                        AddressRules.ANY,
                        null,
                        ClientStatus.PENDING,
                        null,
                        null,
                        0,
                        null)
                .fault();
    }

    /** Which client and which fields; no values. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "client %s %s", clientId, values.keySet());
    }
}
