package io.portcullis.auth;

import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An API key as the registry knows it. The key itself is nowhere: only its digest.
 *
 * @param keyId UUID in canonical text
 * @param clientId the client it belongs to
 * @param digest what the key is found by
 * @param active false once revoked
 * @param scopesText the key's own scopes as they go out in {@code X-Scopes}, null where the client's hold
 * @param notBefore milliseconds since the epoch, {@link Long#MIN_VALUE} where there is no start
 * @param expiresAt milliseconds since the epoch, {@link Long#MAX_VALUE} where there is no end
 * @param version from one sequence for all records; grows with every change that decides something
 * @param fault why the row cannot be served, null for a sound one
 */
public record ClientKey(
        String keyId,
        String clientId,
        KeyDigest digest,
        boolean active,
        @Nullable String scopesText,
        long notBefore,
        long expiresAt,
        long version,
        @Nullable String fault) {

    public ClientKey {
        if (fault != null) {
            scopesText = null;
        }
    }

    public static ClientKey of(
            String keyId,
            String clientId,
            KeyDigest digest,
            boolean active,
            List<String> scopes,
            @Nullable Long notBefore,
            @Nullable Long expiresAt,
            long version) {
        String text = HeaderText.joinScopes(scopes);
        return new ClientKey(
                keyId,
                clientId,
                digest,
                active,
                text,
                notBefore == null ? Long.MIN_VALUE : notBefore,
                expiresAt == null ? Long.MAX_VALUE : expiresAt,
                version,
                HeaderText.firstFault("scopes", text));
    }

    boolean isValid(InstantSource clock) {
        if (!active || (notBefore == Long.MIN_VALUE && expiresAt == Long.MAX_VALUE)) {
            return active;
        }
        long now = clock.millis();
        return notBefore <= now && now < expiresAt;
    }
}
