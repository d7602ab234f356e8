package io.portcullis.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client as the registry knows it, ready to be decided by: address rules compiled, texts known to be safe in a header.
 *
 * @param clientId UUID in canonical text, as it goes out in {@code X-Client-Id}
 * @param secretHash {@link SecretHash} text of the client's own secret, for Basic
 * @param allowedIps where it may call from
 * @param rateLimit requests per window, null where the policy of the configuration holds
 * @param scopesText as they go out in {@code X-Scopes}, null for none
 * @param graceSeconds how long it may be served past the lease while nothing can confirm it; 0 is strict, null is the configured grace
 * @param version from one sequence for all records; grows with every change that decides something
 * @param limitPolicy the name of a limit that the client is under beside those of all; null for none
 * @param fault why the row cannot be served, null for a sound one; a client with a fault is refused
 */
public record Client(
        String clientId,
        @Nullable String clientCode,
        @Nullable String tenantId,
        @Nullable String ownerUserId,
        @Nullable String secretHash,
        @Nullable String bapId,
        @Nullable String bapUri,
        AddressRules allowedIps,
        @Nullable Integer rateLimit,
        ClientStatus status,
        @Nullable String scopesText,
        @Nullable Integer graceSeconds,
        long version,
        @Nullable String limitPolicy,
        @Nullable String fault) {

    /** Without a limit of its own name. */
    public Client(
            String clientId,
            @Nullable String clientCode,
            @Nullable String tenantId,
            @Nullable String ownerUserId,
            @Nullable String secretHash,
            @Nullable String bapId,
            @Nullable String bapUri,
            AddressRules allowedIps,
            @Nullable Integer rateLimit,
            ClientStatus status,
            @Nullable String scopesText,
            @Nullable Integer graceSeconds,
            long version,
            @Nullable String fault) {
        this(
                clientId,
                clientCode,
                tenantId,
                ownerUserId,
                secretHash,
                bapId,
                bapUri,
                allowedIps,
                rateLimit,
                status,
                scopesText,
                graceSeconds,
                version,
                null,
                fault);
    }

    public Client {
        if (fault == null) {
            fault = HeaderText.firstFault(
                    "client_code", clientCode,
                    "tenant_id", tenantId,
                    "owner_user_id", ownerUserId,
                    "bap_id", bapId,
                    "bap_uri", bapUri,
                    "scopes", scopesText);
        }
        if (fault != null) {
            // It will only ever be refused: nobody needs to hold, cache or pass on what is wrong with it.
            clientCode = null;
            tenantId = null;
            ownerUserId = null;
            secretHash = null;
            bapId = null;
            bapUri = null;
            scopesText = null;
            allowedIps = AddressRules.ANY;
        }
    }

    /** Scopes as they go out in {@code X-Scopes}; null for none. A list with an entry that cannot go out makes the client unservable. */
    public static @Nullable String joinScopes(List<String> scopes) {
        return HeaderText.joinScopes(scopes);
    }

    /** Without the hash of its secret. */
    @Override
    public String toString() {
        return "client " + clientId + " version " + version;
    }
}
