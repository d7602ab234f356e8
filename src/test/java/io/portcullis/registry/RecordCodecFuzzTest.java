package io.portcullis.registry;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.portcullis.freshness.Position;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Whatever stands in Redis: it is what this installation wrote under that name, or it is nothing. */
class RecordCodecFuzzTest {

    private static final byte[] KEY = "a key of thirty-two bytes for it".getBytes(StandardCharsets.US_ASCII);
    private static final String NAME = "client:c";
    private static final int MAC_LENGTH = 32;

    private final RecordCodec codec = new RecordCodec(KEY);

    /** Bytes that nobody signed. */
    @FuzzTest(maxDuration = "2m")
    void arbitrary(byte[] value) {
        check(codec.decodeKey(NAME, value) == null, "a key that nobody signed");
        check(codec.decodeClient(NAME, value) == null, "a client that nobody signed");
    }

    /** Bytes that somebody signed who has the pepper: a defect of ours, an older or a newer build. */
    @FuzzTest(maxDuration = "4m")
    void signed(byte[] value) {
        if (value.length <= MAC_LENGTH) {
            return;
        }
        byte[] signed = sign(NAME, value);
        Cached<Client> client = codec.decodeClient(NAME, signed);
        if (client != null && client.value() != null) {
            check(
                    client.equals(codec.decodeClient(NAME, codec.encodeClient(NAME, client.value(), client.asOf()))),
                    "written again it is another client");
        }
        Cached<ClientKey> key = codec.decodeKey(NAME, signed);
        if (key != null && key.value() != null) {
            check(
                    key.equals(codec.decodeKey(NAME, codec.encodeKey(NAME, key.value(), key.asOf()))),
                    "written again it is another key");
        }
        check(codec.decodeClient(NAME + "x", signed) == null, "moved to another name it still counts");
    }

    /** What is written is read; altered anywhere, or read under another name, it is not. */
    @FuzzTest(maxDuration = "4m")
    void roundTrip(FuzzedDataProvider data) {
        Position asOf = new Position(data.consumeString(20), data.consumeLong());
        Client client = new Client(
                data.consumeString(40),
                text(data),
                text(data),
                text(data),
                text(data),
                text(data),
                text(data),
                data.consumeBoolean() ? AddressRules.ANY : AddressRules.of(List.of("10.0.0.0/8", "::1")),
                data.consumeBoolean() ? data.consumeInt() : null,
                data.pickValue(ClientStatus.values()),
                text(data),
                data.consumeBoolean() ? data.consumeInt() : null,
                data.consumeLong(),
                text(data));
        ClientKey key = new ClientKey(
                data.consumeString(40),
                client.clientId(),
                new KeyDigest(data.consumeLong(), data.consumeLong(), 3, 4),
                data.consumeBoolean(),
                text(data),
                data.consumeLong(),
                data.consumeLong(),
                data.consumeLong(),
                text(data));
        byte[] clientBytes = codec.encodeClient(NAME, client, asOf);
        byte[] keyBytes = codec.encodeKey(NAME, key, asOf);

        check(new Cached<>(client, asOf).equals(codec.decodeClient(NAME, clientBytes)), "another client");
        check(new Cached<>(key, asOf).equals(codec.decodeKey(NAME, keyBytes)), "another key");
        check(codec.decodeClient("client:d", clientBytes) == null, "a client of another name");
        for (byte[] bytes : List.of(clientBytes, keyBytes)) {
            byte[] altered = bytes.clone();
            altered[data.consumeInt(0, bytes.length - 1)] ^= (byte) data.consumeInt(1, 255);
            check(
                    codec.decodeClient(NAME, altered) == null && codec.decodeKey(NAME, altered) == null,
                    "what was altered counts");
            byte[] cut = Arrays.copyOf(bytes, data.consumeInt(0, bytes.length - 1));
            check(codec.decodeClient(NAME, cut) == null && codec.decodeKey(NAME, cut) == null, "what was cut counts");
            byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
            check(
                    codec.decodeClient(NAME, longer) == null && codec.decodeKey(NAME, longer) == null,
                    "what was added to counts");
        }
    }

    private static byte[] sign(String name, byte[] value) {
        try {
            byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
            mac.update(value[0]);
            mac.update((byte) 0);
            mac.update((byte) nameBytes.length);
            mac.update(nameBytes);
            mac.update(value, 1 + MAC_LENGTH, value.length - 1 - MAC_LENGTH);
            byte[] signed = value.clone();
            System.arraycopy(mac.doFinal(), 0, signed, 1, MAC_LENGTH);
            return signed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static @Nullable String text(FuzzedDataProvider data) {
        return data.consumeBoolean() ? data.consumeString(60) : null;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
