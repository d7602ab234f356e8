package io.portcullis.cache;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Values as they stand in Redis where something is decided by them: one byte of format, a MAC of 32 bytes (HMAC-SHA-256), when the value was
 * read from its source (milliseconds of the epoch, by the clock of who read it), the value. The MAC covers all of that and the name under
 * which it stands: what was altered, made up, or moved here from another name is no value.
 *
 * <p>Belongs to one thread (a {@link Mac} has state).
 */
final class SealedValues<V> {

    static final byte FORMAT = 1;

    private static final int MAC_LENGTH = 32;
    private static final int HEAD_LENGTH = 1 + MAC_LENGTH;

    private final Mac mac;
    private final ValueCodec<V> codec;

    /** A value, and when it was read. */
    record Opened<V>(V value, long readAtMillis) {}

    /** @param key for this use alone */
    SealedValues(SecretKey key, ValueCodec<V> codec) {
        this.codec = codec;
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    byte[] seal(String name, V value, long readAtMillis) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        bytes.write(FORMAT);
        bytes.write(new byte[MAC_LENGTH], 0, MAC_LENGTH);
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeLong(readAtMillis);
            codec.write(value, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] sealed = bytes.toByteArray();
        System.arraycopy(tag(name, sealed), 0, sealed, 1, MAC_LENGTH);
        return sealed;
    }

    /** The value under that name; null where it does not count. One that a newer node wrote in a format of its own does not. */
    @Nullable
    Opened<V> open(String name, byte[] sealed) {
        if (sealed.length < HEAD_LENGTH
                || sealed[0] != FORMAT
                || !MessageDigest.isEqual(tag(name, sealed), Arrays.copyOfRange(sealed, 1, HEAD_LENGTH))) {
            return null;
        }
        try (DataInputStream in =
                new DataInputStream(new ByteArrayInputStream(sealed, HEAD_LENGTH, sealed.length - HEAD_LENGTH))) {
            long readAtMillis = in.readLong();
            return new Opened<>(codec.read(in), readAtMillis);
        } catch (IOException | IllegalArgumentException e) {
            // Only who holds the key can have written this: a defect of ours, but still no value.
            return null;
        }
    }

    /** The name cannot run into the value: its length comes first. */
    private byte[] tag(String name, byte[] sealed) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        mac.update(sealed[0]);
        mac.update((byte) (nameBytes.length >>> 24));
        mac.update((byte) (nameBytes.length >>> 16));
        mac.update((byte) (nameBytes.length >>> 8));
        mac.update((byte) nameBytes.length);
        mac.update(nameBytes);
        mac.update(sealed, HEAD_LENGTH, sealed.length - HEAD_LENGTH);
        return mac.doFinal();
    }
}
