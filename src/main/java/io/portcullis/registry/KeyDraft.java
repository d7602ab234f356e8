package io.portcullis.registry;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.KeyDigest;
import io.portcullis.auth.Pepper;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key as it is written: its digest, never itself.
 *
 * @param prefix what a person may see of it
 */
public record KeyDraft(
        KeyDigest digest,
        String pepperId,
        String prefix,
        @Nullable String name,
        List<String> scopes,
        @Nullable Instant notBefore,
        @Nullable Instant expiresAt) {

    public KeyDraft {
        scopes = List.copyOf(scopes);
    }

    /**
     * For a certificate that is to count like a key.
     *
     * @param certificateName as of {@link io.portcullis.auth.CertificateIdentity}; no secret, and so kept whole for people to read
     * @param expiresAt null where the certificate may be renewed under its name
     */
    public static KeyDraft ofCertificate(
            String certificateName, Pepper pepper, @Nullable String name, @Nullable Instant expiresAt) {
        return new KeyDraft(
                pepper.digest(certificateName), pepper.id(), certificateName, name, List.of(), null, expiresAt);
    }

    /** For a key that was just generated. */
    public static KeyDraft of(String key, Pepper pepper, @Nullable String name) {
        return new KeyDraft(
                pepper.digest(key), pepper.id(), ApiKey.recognisablePrefix(key), name, List.of(), null, null);
    }
}
