package io.portcullis.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The hash of a client's own secret as {@code clients.client_secret_hash} carries it, naming its kind:
 * {@code sha256:<hex>} or {@code hmac-sha256:<pepper id>:<hex>}. Both are for secrets that a machine made: neither slows a guesser down.
 * Those that do are a {@link SlowHash}.
 */
public final class SecretHash {

    private static final String SHA256 = "sha256:";
    private static final String HMAC = "hmac-sha256:";

    private SecretHash() {}

    /** The text to store for a secret. */
    public static String of(String secret, Pepper pepper) {
        return HMAC + pepper.id() + ":" + HexFormat.of().formatHex(pepper.mac(bytes(secret)));
    }

    /** As {@link #of}, without the pepper: for other systems that must know the hash, too. Who has it can test guesses. */
    public static String sha256Of(String secret) {
        return SHA256 + HexFormat.of().formatHex(sha256(bytes(secret)));
    }

    /**
     * Whether the secret has this hash. Compares in constant time; does the work of one HMAC also where there is no hash or one of another
     * kind, so that an answer's time does not tell which client ids exist.
     */
    public static boolean matches(String secret, @Nullable String hash, Peppers peppers) {
        byte[] expected = null;
        byte[] actual = null;
        if (hash != null && hash.startsWith(SHA256)) {
            expected = bits(hash, SHA256.length());
            actual = sha256(bytes(secret));
        } else if (hash != null) {
            Pepper pepper = peppers.byId(pepperId(hash));
            if (pepper != null) {
                expected = bits(hash, HMAC.length() + pepper.id().length() + 1);
                actual = pepper.mac(bytes(secret));
            }
        }
        if (actual == null) {
            actual = peppers.current().mac(bytes(secret));
        }
        return MessageDigest.isEqual(actual, expected == null ? new byte[actual.length] : expected) && expected != null;
    }

    /** Whether the hash is under a pepper that was current once. */
    public static boolean isUnderFormer(String hash, Peppers peppers) {
        return peppers.formerById(pepperId(hash)) != null;
    }

    /** Empty where it names none. */
    private static String pepperId(String hash) {
        int end = hash.startsWith(HMAC) ? hash.indexOf(':', HMAC.length()) : -1;
        return end < 0 ? "" : hash.substring(HMAC.length(), end);
    }

    private static byte @Nullable [] bits(String hash, int from) {
        try {
            byte[] bytes = HexFormat.of().parseHex(hash.substring(from));
            return bytes.length == 32 ? bytes : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static byte[] bytes(String secret) {
        return secret.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] sha256(byte[] message) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(message);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
