package io.portcullis.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key as people and other programs are shown it: enough to know it by, nothing to look it up with.
 *
 * @param prefix its first characters
 * @param scopes its own; empty where the client's hold
 * @param notBefore ISO 8601 in UTC, whole seconds, as the other times; also {@code infinity}, as PostgreSQL writes it; null for no limit
 * @param lastUsedAt null where no use of it has been counted
 */
public record KeyEntry(
        String keyId,
        String prefix,
        @Nullable String name,
        String status,
        List<String> scopes,
        @Nullable String notBefore,
        @Nullable String expiresAt,
        String createdAt,
        @Nullable String lastUsedAt,
        long useCount) {

    public KeyEntry {
        scopes = List.copyOf(scopes);
    }
}
