package io.portcullis.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.vertx.sqlclient.Row;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes records of rows. Total: a row that cannot be served becomes a record with a fault, which is refused, and one line of log.
 * Thread-safe.
 */
final class RowReader {

    private static final Logger log = LoggerFactory.getLogger(RowReader.class);

    private static final int MOST_ENTRIES = 1000;

    /** Versions whose fault has been told: a broken row that is read every few seconds is one line, not a flood. */
    private final Cache<Long, Boolean> told =
            Caffeine.newBuilder().maximumSize(10_000).build();

    @Nullable
    Client client(Row row) {
        String id = row.getString("c_id");
        if (id == null) {
            return null;
        }
        String fault = null;
        @Nullable String[] ips = Objects.requireNonNull(row.getArrayOfStrings("c_ips"));
        @Nullable String[] scopes = Objects.requireNonNull(row.getArrayOfStrings("c_scopes"));
        ClientStatus status = ClientStatus.of(row.getString("c_status"));
        AddressRules rules = AddressRules.ANY;
        if (status == null) {
            fault = "status is not a known one";
        } else if (!isUsable(ips)) {
            fault = "allowed_ips has an empty entry or more than " + MOST_ENTRIES;
        } else if (!isUsable(scopes)) {
            fault = "scopes has an empty entry or more than " + MOST_ENTRIES;
        } else {
            rules = AddressRules.of(List.of(ips));
        }
        Client client = new Client(
                id,
                row.getString("c_code"),
                row.getString("c_tenant"),
                row.getString("c_owner"),
                row.getString("c_secret"),
                row.getString("c_bap_id"),
                row.getString("c_bap_uri"),
                rules,
                row.getInteger("c_rate"),
                status == null ? ClientStatus.SUSPENDED : status,
                isUsable(scopes) ? Client.joinScopes(List.of(scopes)) : null,
                row.getInteger("c_grace"),
                row.getLong("c_version"),
                row.getString("c_limit_policy"),
                fault);
        tell("client", id, client.version(), client.fault());
        return client;
    }

    @Nullable
    ClientKey key(Row row, KeyDigest digest) {
        String id = row.getString("k_id");
        if (id == null) {
            return null;
        }
        @Nullable String[] scopes = Objects.requireNonNull(row.getArrayOfStrings("k_scopes"));
        // An entry that is null would be no scope at all: an empty one makes the key unsafe to serve, and says so.
        List<String> readable = isUsable(scopes) ? List.of(scopes) : List.of("");
        ClientKey key = ClientKey.of(
                id,
                Objects.requireNonNull(row.getString("k_client")),
                digest,
                "ACTIVE".equals(row.getString("k_status")),
                readable,
                row.getLong("k_from"),
                row.getLong("k_until"),
                row.getLong("k_version"));
        tell("key", id, key.version(), key.fault());
        return key;
    }

    private static boolean isUsable(@Nullable String[] entries) {
        return entries.length <= MOST_ENTRIES && Arrays.stream(entries).allMatch(Objects::nonNull);
    }

    private void tell(String kind, String id, long version, @Nullable String fault) {
        if (fault != null && told.asMap().putIfAbsent(version, true) == null) {
            log.warn("event=record.unservable kind={} id={} version={} reason=\"{}\"", kind, id, version, fault);
        }
    }
}
