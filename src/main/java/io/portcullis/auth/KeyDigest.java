package io.portcullis.auth;

import java.util.HexFormat;

/**
 * HMAC-SHA-256 of a key under the pepper: what is stored, looked up and cached in place of the key. 256 bits as four words, so that it
 * is a value (equal, hashable, no array to leak or alter).
 */
public record KeyDigest(long a, long b, long c, long d) {

    /** @throws IllegalArgumentException unless there are 32 bytes */
    public static KeyDigest of(byte[] bytes) {
        if (bytes.length != 32) {
            throw new IllegalArgumentException("a key digest has 32 bytes, not " + bytes.length);
        }
        return new KeyDigest(word(bytes, 0), word(bytes, 8), word(bytes, 16), word(bytes, 24));
    }

    public byte[] bytes() {
        byte[] bytes = new byte[32];
        put(bytes, 0, a);
        put(bytes, 8, b);
        put(bytes, 16, c);
        put(bytes, 24, d);
        return bytes;
    }

    /** 64 lower-case hexadecimal digits, as in the Redis key {@code client:key:{digest}}. */
    public String hex() {
        return HexFormat.of().formatHex(bytes());
    }

    /** A digest is not a secret in itself, but nothing needs the whole of it in a log. */
    @Override
    public String toString() {
        return hex().substring(0, 8) + "…";
    }

    @Override
    public int hashCode() {
        return Long.hashCode(a);
    }

    private static long word(byte[] bytes, int from) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = (value << 8) | (bytes[from + i] & 0xff);
        }
        return value;
    }

    private static void put(byte[] bytes, int from, long value) {
        for (int i = 0; i < 8; i++) {
            bytes[from + i] = (byte) (value >>> (56 - 8 * i));
        }
    }
}
