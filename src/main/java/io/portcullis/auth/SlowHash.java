package io.portcullis.auth;

import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * A hash of a secret that is slow on purpose, as other systems make them of secrets that people choose: bcrypt or argon2id. Checking one takes
 * tens of milliseconds to seconds of a processor: never on an event loop.
 *
 * <p>Texts are {@code $2a$}, {@code $2b$} or {@code $2y$} bcrypt and {@code $argon2id$v=19$m=…,t=…,p=…$salt$hash} (PHC string format, RFC
 * 9106), each also with {@code bcrypt:} or {@code argon2id:} before it. What a hash may cost is bounded: who writes rows must not be able to
 * keep a processor busy for minutes.
 */
public sealed interface SlowHash permits BcryptHash, Argon2idHash {

    /** Whether the text says that it is one of these, whole or not, affordable or not. */
    static boolean isOne(String hash) {
        return hash.startsWith(BcryptHash.PREFIX)
                || hash.startsWith(Argon2idHash.PREFIX)
                || hash.startsWith("$2")
                || hash.startsWith("$argon2");
    }

    /** Reads a text; null for one that is broken, of another kind or version, or beyond the bounds. */
    static @Nullable SlowHash parse(String hash) {
        BcryptHash bcrypt = BcryptHash.parse(withoutPrefix(hash, BcryptHash.PREFIX));
        return bcrypt != null ? bcrypt : Argon2idHash.parse(withoutPrefix(hash, Argon2idHash.PREFIX));
    }

    /**
     * A new bcrypt hash of cost 10.
     *
     * @param secret in ISO 8859-1
     * @throws IllegalArgumentException for a secret of more than 72 bytes: bcrypt reads no further
     */
    static String bcrypt(String secret, SecureRandom random) {
        return BcryptHash.make(secret, random);
    }

    /** A new argon2id hash with 19 MiB, two passes and one lane. */
    static String argon2id(String secret, SecureRandom random) {
        return Argon2idHash.make(secret, random);
    }

    /** Whether the secret (in ISO 8859-1) has this hash; compares in constant time. Takes its time. */
    boolean matches(String secret);

    /** Memory that {@link #matches} takes, in KiB. */
    int memoryKib();

    /** As it is stored, without the prefix. */
    String text();

    private static String withoutPrefix(String hash, String prefix) {
        return hash.startsWith(prefix) ? hash.substring(prefix.length()) : hash;
    }
}
