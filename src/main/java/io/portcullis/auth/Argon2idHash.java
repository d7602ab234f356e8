package io.portcullis.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * argon2id, version 19 (RFC 9106).
 *
 * @param text PHC string
 * @param memoryKib blocks of 1 KiB
 * @param passes over the memory
 * @param lanes computed one after the other here
 * @param salt as base 64 without padding, as the hash
 */
record Argon2idHash(String text, int memoryKib, int passes, int lanes, String salt, String hash) implements SlowHash {

    static final String PREFIX = "argon2id:";

    private static final Pattern FORM =
            Pattern.compile("\\$argon2id\\$v=19\\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9][0-9]?)"
                    + "\\$([A-Za-z0-9+/]{11,86})\\$([A-Za-z0-9+/]{22,86})");

    private static final int MOST_LENGTH = 256;
    private static final int MOST_MEMORY_KIB = 256 * 1024;
    private static final int MOST_LANES = 16;
    /** Memory times passes: 1 GiB is a second or two of a processor. */
    private static final long MOST_WORK_KIB = 1024 * 1024;

    private static final int OUR_MEMORY_KIB = 19 * 1024;
    private static final int OUR_PASSES = 2;
    private static final int OUR_SALT_LENGTH = 16;
    private static final int OUR_HASH_LENGTH = 32;

    static @Nullable Argon2idHash parse(String text) {
        // The length first: a pattern may take long over a long text.
        Matcher form = FORM.matcher(text.length() > MOST_LENGTH ? "" : text);
        if (!form.matches()) {
            return null;
        }
        int memory = Integer.parseInt(form.group(1));
        int passes = Integer.parseInt(form.group(2));
        int lanes = Integer.parseInt(form.group(3));
        String salt = form.group(4);
        String hash = form.group(5);
        boolean affordable =
                memory <= MOST_MEMORY_KIB && lanes <= MOST_LANES && (long) memory * passes <= MOST_WORK_KIB;
        // RFC 9106 §3.1: at least eight blocks a lane.
        return affordable && memory >= 8 * lanes && isBase64(salt) && isBase64(hash)
                ? new Argon2idHash(text, memory, passes, lanes, salt, hash)
                : null;
    }

    static String make(String secret, SecureRandom random) {
        byte[] salt = new byte[OUR_SALT_LENGTH];
        random.nextBytes(salt);
        byte[] hash = compute(secret, OUR_MEMORY_KIB, OUR_PASSES, 1, salt, OUR_HASH_LENGTH);
        Base64.Encoder encoder = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m=" + OUR_MEMORY_KIB + ",t=" + OUR_PASSES + ",p=1$" + encoder.encodeToString(salt) + "$"
                + encoder.encodeToString(hash);
    }

    @Override
    public boolean matches(String secret) {
        byte[] expected = Base64.getDecoder().decode(hash);
        byte[] actual =
                compute(secret, memoryKib, passes, lanes, Base64.getDecoder().decode(salt), expected.length);
        return MessageDigest.isEqual(actual, expected);
    }

    /** Without salt and hash. */
    @Override
    public String toString() {
        return "argon2id of m=" + memoryKib + ",t=" + passes + ",p=" + lanes;
    }

    private static byte[] compute(String secret, int memoryKib, int passes, int lanes, byte[] salt, int length) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(memoryKib)
                .withIterations(passes)
                .withParallelism(lanes)
                .withSalt(salt)
                .build());
        byte[] hash = new byte[length];
        generator.generateBytes(secret.getBytes(StandardCharsets.ISO_8859_1), hash);
        return hash;
    }

    /** Four characters are three bytes; one alone is none. */
    private static boolean isBase64(String digits) {
        return digits.length() % 4 != 1;
    }
}
