package io.portcullis.registry;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client as it is written. See {@code client_registry.clients} for the meaning of each column.
 *
 * @param clientId UUID in canonical text
 * @param allowedIps CIDR notation
 * @param metadata JSON text of an object
 */
public record ClientDraft(
        String clientId,
        @Nullable String clientCode,
        @Nullable String tenantId,
        @Nullable String ownerUserId,
        @Nullable String secretHash,
        @Nullable String bapId,
        @Nullable String bapUri,
        List<String> allowedIps,
        @Nullable Integer rateLimit,
        ClientStatus status,
        List<String> scopes,
        @Nullable Integer graceSeconds,
        @Nullable String metadata) {

    public ClientDraft {
        allowedIps = List.copyOf(allowedIps);
        scopes = List.copyOf(scopes);
    }

    /** An active client with nothing but a name, to go on from. */
    public static ClientDraft active(String clientId, String clientCode) {
        return new ClientDraft(
                clientId,
                clientCode,
                null,
                null,
                null,
                null,
                null,
                List.of(),
                null,
                ClientStatus.ACTIVE,
                List.of(),
                null,
                null);
    }

    /** Why the gateway would refuse this client once it is written, for who writes it; null for a sound one. */
    public @Nullable String fault() {
        return new Client(
                        clientId,
                        clientCode,
                        tenantId,
                        ownerUserId,
                        secretHash,
                        bapId,
                        bapUri,
                        AddressRules.ANY,
                        rateLimit,
                        status,
                        Client.joinScopes(scopes),
                        graceSeconds,
                        0,
                        null)
                .fault();
    }

    /** Without the hash of the secret. */
    @Override
    public String toString() {
        return "draft of client " + clientId;
    }

    public ClientDraft withAllowedIps(List<String> cidrs) {
        return new ClientDraft(
                clientId,
                clientCode,
                tenantId,
                ownerUserId,
                secretHash,
                bapId,
                bapUri,
                cidrs,
                rateLimit,
                status,
                scopes,
                graceSeconds,
                metadata);
    }
}
