package io.portcullis.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client as people and other programs are shown it; its secret's hash is left out. Texts are as the row has them, cut where one is
 * longer than anything that can be served.
 *
 * @param allowedIps CIDR notation; empty for any address
 * @param rateLimit requests per window, null where the policy of the configuration holds
 * @param status as in the row, whether or not this build knows it
 * @param graceSeconds null where the configured grace holds
 * @param hasSecret whether it can prove itself by a secret of its own
 * @param createdAt ISO 8601 in UTC, whole seconds, as the other times; also {@code infinity}, as PostgreSQL writes it
 * @param lastSyncedAt null where it never was
 * @param fault why the gateway refuses this row, null for a sound one
 */
public record ClientEntry(
        String clientId,
        @Nullable String clientCode,
        @Nullable String tenantId,
        @Nullable String ownerUserId,
        @Nullable String bapId,
        @Nullable String bapUri,
        List<String> allowedIps,
        @Nullable Integer rateLimit,
        String status,
        List<String> scopes,
        @Nullable Integer graceSeconds,
        boolean hasSecret,
        String createdAt,
        String updatedAt,
        @Nullable String lastSyncedAt,
        long version,
        @Nullable String fault) {

    public ClientEntry {
        allowedIps = List.copyOf(allowedIps);
        scopes = List.copyOf(scopes);
    }
}
