package io.portcullis.auth;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.jspecify.annotations.Nullable;

/**
 * bcrypt (Provos, Mazières: "A Future-Adaptable Password Scheme", 1999). {@code $2a$}, {@code $2b$} and {@code $2y$} are the same function;
 * {@code $2x$} is that of a defect, and not read.
 *
 * @param text 60 characters
 */
record BcryptHash(String text) implements SlowHash {

    static final String PREFIX = "bcrypt:";

    private static final int LENGTH = 60;
    private static final int COST_FROM = 4;
    private static final int SALT_FROM = 7;
    private static final int LEAST_COST = 4;
    /** 16 times cost 10: a second or two of a processor. */
    private static final int MOST_COST = 14;

    private static final int OUR_COST = 10;
    private static final int SALT_LENGTH = 16;
    /** bcrypt's key. What stands behind would prove nothing, and must not look as if it did. */
    private static final int MOST_BYTES = 72;

    static @Nullable BcryptHash parse(String text) {
        if (text.length() != LENGTH
                || !(text.startsWith("$2a$") || text.startsWith("$2b$") || text.startsWith("$2y$"))
                || text.charAt(SALT_FROM - 1) != '$') {
            return null;
        }
        int tens = text.charAt(COST_FROM) - '0';
        int ones = text.charAt(COST_FROM + 1) - '0';
        int cost = tens * 10 + ones;
        if (tens < 0 || tens > 9 || ones < 0 || ones > 9 || cost < LEAST_COST || cost > MOST_COST) {
            return null;
        }
        for (int i = SALT_FROM; i < LENGTH; i++) {
            if (!isDigit(text.charAt(i))) {
                return null;
            }
        }
        return new BcryptHash(text);
    }

    static String make(String secret, SecureRandom random) {
        byte[] bytes = secret.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length > MOST_BYTES) {
            throw new IllegalArgumentException("bcrypt reads no more than " + MOST_BYTES + " bytes of a secret");
        }
        byte[] salt = new byte[SALT_LENGTH];
        random.nextBytes(salt);
        return OpenBSDBCrypt.generate("2b", bytes, salt, OUR_COST);
    }

    @Override
    public boolean matches(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.ISO_8859_1);
        // A longer one does the work, too: how long an answer takes is no answer.
        boolean matches = OpenBSDBCrypt.checkPassword(text, bytes);
        return matches && bytes.length <= MOST_BYTES;
    }

    @Override
    public int memoryKib() {
        return 4;
    }

    @Override
    public String toString() {
        return "bcrypt of cost " + text.substring(COST_FROM, COST_FROM + 2);
    }

    /** bcrypt's own base 64. */
    private static boolean isDigit(char c) {
        return (c >= '.' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
}
