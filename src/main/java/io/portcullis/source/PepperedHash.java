package io.portcullis.source;

import org.jspecify.annotations.Nullable;

/** Hashes of secrets that stand under a pepper: {@code hmac-sha256:<pepper id>:<hex>}, see {@link io.portcullis.auth.SecretHash}. */
final class PepperedHash {

    private static final String KIND = "hmac-sha256:";

    private PepperedHash() {}

    /** Whether the one may be of the secret that the other is of: the gateway moves a secret that is used to the current pepper. */
    static boolean areOfTwoPeppers(@Nullable String one, @Nullable String other) {
        if (one == null || other == null || !one.startsWith(KIND) || !other.startsWith(KIND)) {
            return false;
        }
        int end = one.lastIndexOf(':');
        return !other.startsWith(one.substring(0, end + 1));
    }
}
