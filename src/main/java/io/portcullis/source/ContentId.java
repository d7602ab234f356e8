package io.portcullis.source;

import io.portcullis.auth.ClientStatus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.erdtman.jcs.JsonCanonicalizer;
import org.jspecify.annotations.Nullable;

/**
 * What tells whether two clients are equal in all that the source can say of them.
 *
 * <p>Version 1: {@code v1:} and the SHA-256, in lower-case hex, of this object in the canonical form of RFC 8785 (UTF-8): members
 * {@code allowed_ips} (texts in canonical CIDR notation, RFC 4632 and RFC 5952, host bits cleared, each once, sorted by UTF-16 code units;
 * empty for any address), {@code bap_id}, {@code bap_uri}, {@code client_code}, {@code client_id} (lower case), {@code client_secret_hash},
 * {@code metadata} (an object), {@code owner_user_id}, {@code rate_limit}, {@code status}, {@code tenant_id}; each of them is there, null
 * where there is no value.
 */
final class ContentId {

    private static final String VERSION = "v1:";

    private ContentId() {}

    static String of(String clientId, Map<Field, @Nullable Object> values) {
        return VERSION
                + HexFormat.of().formatHex(sha256(canonical(clientId, values).getBytes(StandardCharsets.UTF_8)));
    }

    static String canonical(String clientId, Map<Field, @Nullable Object> values) {
        JsonObject whole = new JsonObject().put("client_id", clientId);
        for (Field field : Field.all()) {
            whole.put(field.text(), json(field, values.get(field)));
        }
        try {
            return new JsonCanonicalizer(whole.encode()).getEncodedString();
        } catch (IOException e) {
            throw new IllegalStateException("what was read from JSON has a canonical form", e);
        }
    }

    private static @Nullable Object json(Field field, @Nullable Object value) {
        if (value == null) {
            return field == Field.ALLOWED_IPS ? new JsonArray() : null;
        }
        if (value instanceof Networks networks) {
            return new JsonArray(networks.texts());
        }
        if (value instanceof Metadata metadata) {
            return metadata.json();
        }
        return value instanceof ClientStatus status ? status.name() : value;
    }

    private static byte[] sha256(byte[] message) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(message);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
