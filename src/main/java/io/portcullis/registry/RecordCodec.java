package io.portcullis.registry;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.portcullis.freshness.Position;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A record as it stands in Redis: one byte of format, a MAC of 32 bytes (HMAC-SHA-256 under a key derived from the pepper), the record.
 * The MAC covers the format, the name under which the value stands, and all of the value, epoch and version included: a value that was
 * altered, made up, or moved here from another name is no value.
 *
 * <p>Larger records are deflated (RFC 1951), which is a format of its own. They are inflated only after the MAC held, and no further than a
 * record may be long.
 *
 * <p>A reader knows every format that was ever written; one it does not know, written by a newer node, is no value either.
 *
 * <p>Belongs to one thread (a {@link Mac} has state).
 */
final class RecordCodec {

    /** Format 1 said when it was read, by the wall clock of whoever read it. */
    private static final byte FORMAT_WITH_TIME = 1;

    static final byte FORMAT = 2;

    /** As {@link #FORMAT}, deflated behind the MAC. */
    static final byte FORMAT_DEFLATED = 3;

    /** As long as Redis takes a value of ours. */
    static final int MOST_INFLATED = 8 * 1024 * 1024;

    private static final int MAC_LENGTH = 32;
    private static final int HEAD_LENGTH = 1 + MAC_LENGTH;

    private final Mac mac;
    private final int compressAbove;

    /** Reads everything, compresses nothing. */
    RecordCodec(byte[] key) {
        this(key, 0);
    }

    /**
     * @param key derived from the pepper for this use alone
     * @param compressAbove a larger value is deflated, in bytes; 0 for none
     */
    RecordCodec(byte[] key, int compressAbove) {
        this.compressAbove = compressAbove;
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    byte[] encodeKey(String name, ClientKey key, Position asOf) {
        return seal(name, out -> {
            position(out, asOf);
            out.writeUTF(key.keyId());
            out.writeUTF(key.clientId());
            out.write(key.digest().bytes());
            out.writeBoolean(key.active());
            text(out, key.scopesText());
            out.writeLong(key.notBefore());
            out.writeLong(key.expiresAt());
            out.writeLong(key.version());
            text(out, key.fault());
        });
    }

    byte[] encodeClient(String name, Client client, Position asOf) {
        return seal(name, out -> {
            position(out, asOf);
            out.writeUTF(client.clientId());
            text(out, client.clientCode());
            text(out, client.tenantId());
            text(out, client.ownerUserId());
            text(out, client.secretHash());
            text(out, client.bapId());
            text(out, client.bapUri());
            texts(out, client.allowedIps().texts());
            number(out, client.rateLimit());
            out.writeUTF(client.status().name());
            text(out, client.scopesText());
            number(out, client.graceSeconds());
            out.writeLong(client.version());
            text(out, client.fault());
            // Behind the rest, where nodes that do not know it do not look.
            text(out, client.limitPolicy());
        });
    }

    byte[] encodeOwned(String name, Owned owned) {
        return seal(name, out -> {
            position(out, owned.asOf());
            texts(out, owned.clientIds());
        });
    }

    /** The list under that user's name, or null if the value does not count. */
    @Nullable
    Owned decodeOwned(String name, String userId, byte[] value) {
        return open(name, value, in -> {
            Position asOf = position(in, value[0]);
            return new Owned(userId, List.copyOf(texts(in)), asOf);
        });
    }

    /** The key under that name, or null if the value does not count. */
    @Nullable
    Cached<ClientKey> decodeKey(String name, byte[] value) {
        return open(name, value, in -> {
            Position asOf = position(in, value[0]);
            ClientKey key = new ClientKey(
                    in.readUTF(),
                    in.readUTF(),
                    KeyDigest.of(in.readNBytes(32)),
                    in.readBoolean(),
                    text(in),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    text(in));
            return new Cached<>(key, asOf);
        });
    }

    /** The client under that name, or null if the value does not count. */
    @Nullable
    Cached<Client> decodeClient(String name, byte[] value) {
        return open(name, value, in -> {
            Position asOf = position(in, value[0]);
            String clientId = in.readUTF();
            String clientCode = text(in);
            String tenantId = text(in);
            String ownerUserId = text(in);
            String secretHash = text(in);
            String bapId = text(in);
            String bapUri = text(in);
            AddressRules allowedIps = AddressRules.of(texts(in));
            Integer rateLimit = number(in);
            ClientStatus status = ClientStatus.valueOf(in.readUTF());
            String scopes = text(in);
            Integer grace = number(in);
            long version = in.readLong();
            String fault = text(in);
            String limitPolicy = in.available() > 0 ? text(in) : null;
            Client client = new Client(
                    clientId,
                    clientCode,
                    tenantId,
                    ownerUserId,
                    secretHash,
                    bapId,
                    bapUri,
                    allowedIps,
                    rateLimit,
                    status,
                    scopes,
                    grace,
                    version,
                    limitPolicy,
                    fault);
            return new Cached<>(client, asOf);
        });
    }

    private interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    private interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    private byte[] seal(String name, Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        bytes.write(FORMAT);
        bytes.write(new byte[MAC_LENGTH], 0, MAC_LENGTH);
        try {
            writer.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] value = bytes.toByteArray();
        if (compressAbove > 0 && value.length > compressAbove) {
            value = deflated(value);
        }
        byte[] tag = tag(name, value);
        System.arraycopy(tag, 0, value, 1, MAC_LENGTH);
        return value;
    }

    private <T> @Nullable T open(String name, byte[] value, Reader<T> reader) {
        if (value.length < HEAD_LENGTH
                || value[0] < FORMAT_WITH_TIME
                || value[0] > FORMAT_DEFLATED
                || !MessageDigest.isEqual(tag(name, value), Arrays.copyOfRange(value, 1, HEAD_LENGTH))) {
            return null;
        }
        InputStream record = new ByteArrayInputStream(value, HEAD_LENGTH, value.length - HEAD_LENGTH);
        try {
            return reader.read(new DataInputStream(value[0] == FORMAT_DEFLATED ? inflated(record) : record));
        } catch (IOException | IllegalArgumentException e) {
            // Only who holds the pepper can have written this: a defect of ours, but still no value.
            return null;
        }
    }

    /** The same if that is no shorter. */
    private static byte[] deflated(byte[] value) {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
        try {
            deflater.setInput(value, HEAD_LENGTH, value.length - HEAD_LENGTH);
            deflater.finish();
            byte[] shorter = new byte[value.length - 1];
            int length = deflater.deflate(shorter, HEAD_LENGTH, shorter.length - HEAD_LENGTH);
            if (!deflater.finished()) {
                return value;
            }
            shorter[0] = FORMAT_DEFLATED;
            return Arrays.copyOf(shorter, HEAD_LENGTH + length);
        } finally {
            deflater.end();
        }
    }

    /** All of it at once, and no more than may be: who reads on demand would count what a length field promises. */
    private static InputStream inflated(InputStream deflated) throws IOException {
        Inflater inflater = new Inflater(true);
        try (InputStream in = new InflaterInputStream(deflated, inflater)) {
            byte[] record = in.readNBytes(MOST_INFLATED + 1);
            if (record.length > MOST_INFLATED) {
                throw new IOException("longer than a record may be");
            }
            return new ByteArrayInputStream(record);
        } finally {
            inflater.end();
        }
    }

    /** The name cannot run into the value: its length comes first. */
    private byte[] tag(String name, byte[] value) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        mac.update(value[0]);
        mac.update((byte) (nameBytes.length >>> 8));
        mac.update((byte) nameBytes.length);
        mac.update(nameBytes);
        mac.update(value, HEAD_LENGTH, value.length - HEAD_LENGTH);
        return mac.doFinal();
    }

    private static void position(DataOutputStream out, Position asOf) throws IOException {
        out.writeUTF(asOf.epoch());
        out.writeLong(asOf.seq());
    }

    private static Position position(DataInputStream in, byte format) throws IOException {
        Position asOf = new Position(in.readUTF(), in.readLong());
        if (format == FORMAT_WITH_TIME) {
            in.readLong();
        }
        return asOf;
    }

    private static void text(DataOutputStream out, @Nullable String text) throws IOException {
        out.writeBoolean(text != null);
        if (text != null) {
            out.writeUTF(text);
        }
    }

    private static @Nullable String text(DataInputStream in) throws IOException {
        return in.readBoolean() ? in.readUTF() : null;
    }

    private static void texts(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            out.writeUTF(text);
        }
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        int count = in.readInt();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(in.readUTF());
        }
        return texts;
    }

    private static void number(DataOutputStream out, @Nullable Integer number) throws IOException {
        out.writeBoolean(number != null);
        if (number != null) {
            out.writeInt(number);
        }
    }

    private static @Nullable Integer number(DataInputStream in) throws IOException {
        return in.readBoolean() ? in.readInt() : null;
    }
}
