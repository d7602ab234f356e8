package io.portcullis.auth;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Whatever stands in client_secret_hash: it matches its secret or nothing, and costs no more than it may. */
class SecretHashFuzzTest {

    private static final String SECRET = "s3cret";
    private static final Pepper CURRENT = new Pepper("the pepper of this year");
    private static final Pepper FORMER = new Pepper("the pepper of last year");
    private static final Peppers PEPPERS = new Peppers(CURRENT, List.of(FORMER), null);
    private static final List<String> RIGHT =
            List.of(SecretHash.sha256Of(SECRET), SecretHash.of(SECRET, CURRENT), SecretHash.of(SECRET, FORMER));

    @FuzzTest(maxDuration = "1m")
    void matches(byte[] bytes) {
        String hash = new String(bytes, StandardCharsets.ISO_8859_1);
        boolean right = RIGHT.contains(lowerHex(hash));
        if (SecretHash.matches(SECRET, hash, PEPPERS) != right) {
            throw new IllegalStateException("a hash that matches what it is not of, or not what it is of");
        }
        if (SlowHash.isOne(hash) && right) {
            throw new IllegalStateException("of two kinds");
        }
        if (SecretHash.matches(hash, SecretHash.of(SECRET, CURRENT), PEPPERS) != hash.equals(SECRET)) {
            throw new IllegalStateException("a secret that matches another one's hash");
        }
    }

    @FuzzTest(maxDuration = "1m")
    void slow(byte[] bytes) throws NoSuchAlgorithmException {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        SlowHash hash = SlowHash.parse(text);
        if (hash == null) {
            return;
        }
        check(SlowHash.isOne(text), "read, and not known for what it is");
        check(hash.equals(SlowHash.parse(hash.text())), "printed and read again it is another");
        check(text.endsWith(hash.text()), "it is not what was written");
        check(hash.memoryKib() <= 256 * 1024, "it takes too much memory");
        if (hash instanceof Argon2idHash argon) {
            check(
                    argon.memoryKib() >= 8 * argon.lanes()
                            && argon.passes() >= 1
                            && (long) argon.memoryKib() * argon.passes() <= 1024 * 1024,
                    "it costs too much");
            if ((long) argon.memoryKib() * argon.passes() > 256) {
                return;
            }
        } else if (!text.contains("$04$")) {
            return;
        }
        // Cheap enough to be computed: whatever the salt, no exception; and nobody finds a secret for a hash that he
        // made up.
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        check(!hash.matches(HexFormat.of().formatHex(digest)), "it matches what nobody can have made");
    }

    /** Hexadecimal digits may be of either case. */
    private static String lowerHex(String hash) {
        int colon = hash.lastIndexOf(':');
        return hash.substring(0, colon + 1) + hash.substring(colon + 1).toLowerCase(Locale.ROOT);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
