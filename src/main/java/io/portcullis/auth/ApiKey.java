package io.portcullis.auth;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.zip.CRC32;

/**
 * The format of our keys: {@code pk_<env>_<30 base62><6 base62>}. The 30 characters are random (178 bits); the 6 are the CRC-32 of all
 * before them, most significant first. The checksum keeps typing errors and made-up keys off the look-up, and lets secret scanners know
 * a key when they see one.
 */
public final class ApiKey {

    private static final String START = "pk_";
    private static final int RANDOM_LENGTH = 30;
    private static final int CHECKSUM_LENGTH = 6;
    private static final int MAX_ENVIRONMENT_LENGTH = 16;
    /** Characters of the random part that a prefix shows: enough to recognise a key by, 160 bits short of guessing it. */
    private static final int SHOWN_LENGTH = 3;

    private static final byte[] BASE62 =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".getBytes(StandardCharsets.US_ASCII);

    private ApiKey() {}

    /**
     * A new key.
     *
     * @param environment 1 to 16 of a–z and 0–9, for example {@code live}
     * @throws IllegalArgumentException for another environment
     */
    public static String generate(String environment, SecureRandom random) {
        requireEnvironment(environment);
        StringBuilder key = new StringBuilder(START).append(environment).append('_');
        for (int i = 0; i < RANDOM_LENGTH; i++) {
            key.append((char) BASE62[random.nextInt(BASE62.length)]);
        }
        long checksum = checksum(key, key.length());
        char[] digits = new char[CHECKSUM_LENGTH];
        for (int i = CHECKSUM_LENGTH - 1; i >= 0; i--) {
            digits[i] = (char) BASE62[(int) (checksum % BASE62.length)];
            checksum /= BASE62.length;
        }
        return key.append(digits).toString();
    }

    /** @throws IllegalArgumentException where no key could have that environment */
    public static void requireEnvironment(String environment) {
        if (!isEnvironment(environment, 0, environment.length())) {
            throw new IllegalArgumentException("an environment is 1 to 16 of a-z and 0-9: " + environment);
        }
    }

    /** Whether the text says that it is one of our keys, whole or not. */
    public static boolean looksLikeOne(String text) {
        return text.startsWith(START);
    }

    /** Whether the text has the format, checksum included. False for any other text, of any length. */
    public static boolean isWellFormed(String text) {
        int body = text.length() - RANDOM_LENGTH - CHECKSUM_LENGTH;
        int environmentEnd = body - 1;
        if (!looksLikeOne(text)
                || environmentEnd <= START.length()
                || text.charAt(environmentEnd) != '_'
                || !isEnvironment(text, START.length(), environmentEnd)) {
            return false;
        }
        for (int i = body; i < text.length(); i++) {
            if (digit(text.charAt(i)) < 0) {
                return false;
            }
        }
        long expected = 0;
        for (int i = text.length() - CHECKSUM_LENGTH; i < text.length(); i++) {
            expected = expected * BASE62.length + digit(text.charAt(i));
        }
        return checksum(text, text.length() - CHECKSUM_LENGTH) == expected;
    }

    /** Whether one of our keys, checksum included, stands anywhere in the text. */
    public static boolean isIn(String text) {
        for (int at = text.indexOf(START); at >= 0; at = text.indexOf(START, at + 1)) {
            int environmentEnd = text.indexOf('_', at + START.length());
            int end = environmentEnd + 1 + RANDOM_LENGTH + CHECKSUM_LENGTH;
            if (environmentEnd >= 0
                    && environmentEnd - at - START.length() <= MAX_ENVIRONMENT_LENGTH
                    && end <= text.length()
                    && isWellFormed(text.substring(at, end))) {
                return true;
            }
        }
        return false;
    }

    /** What a person may see of a key to know it again, for example {@code pk_live_Ab3}. */
    public static String recognisablePrefix(String key) {
        return key.substring(0, key.length() - RANDOM_LENGTH - CHECKSUM_LENGTH + SHOWN_LENGTH);
    }

    private static boolean isEnvironment(String text, int from, int to) {
        if (to <= from || to - from > MAX_ENVIRONMENT_LENGTH) {
            return false;
        }
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
                return false;
            }
        }
        return true;
    }

    private static int digit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        if (c >= 'A' && c <= 'Z') {
            return c - 'A' + 10;
        }
        return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
    }

    private static long checksum(CharSequence text, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) text.charAt(i);
        }
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return crc.getValue();
    }
}
