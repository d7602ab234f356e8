package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.portcullis.freshness.Position;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordCodecTest {

    private static final Position AS_OF = new Position("7-1-0", 42);

    private final RecordCodec codec =
            new RecordCodec("a key of thirty-two bytes for it".getBytes(StandardCharsets.US_ASCII));
    private final ClientKey key =
            ClientKey.of("k", "c", new KeyDigest(1, -2, 3, -4), true, List.of("read"), null, 99L, 7);
    private final Client client = new Client(
            "c",
            "code",
            null,
            "owner",
            "sha256:0",
            null,
            "https://x",
            AddressRules.of(List.of("10.0.0.0/8")),
            5,
            ClientStatus.ACTIVE,
            "a b",
            null,
            8,
            null);

    @Test
    void whatWasEncodedIsRead() {
        assertThat(codec.decodeKey("client:key:x", codec.encodeKey("client:key:x", key, AS_OF, 1234)))
                .isEqualTo(new Cached<>(key, AS_OF, 1234));
        assertThat(codec.decodeClient("client:c", codec.encodeClient("client:c", client, AS_OF, 1234)))
                .isEqualTo(new Cached<>(client, AS_OF, 1234));
    }

    @Test
    void eachChangedBitIsNoticed() {
        byte[] value = codec.encodeClient("client:c", client, AS_OF, 1234);
        for (int bit = 0; bit < value.length * 8; bit++) {
            byte[] changed = value.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);

            assertThat(codec.decodeClient("client:c", changed))
                    .as("bit %d", bit)
                    .isNull();
        }
    }

    @Test
    void aValueMovedToAnotherNameIsNone() {
        assertThat(codec.decodeClient("client:d", codec.encodeClient("client:c", client, AS_OF, 1234)))
                .isNull();
    }

    @Test
    void aValueUnderAnotherPepperIsNone() {
        RecordCodec other = new RecordCodec("another key of thirty-two bytes.".getBytes(StandardCharsets.US_ASCII));

        assertThat(codec.decodeClient("client:c", other.encodeClient("client:c", client, AS_OF, 1234)))
                .isNull();
    }

    @Test
    void aTruncatedOrInventedValueIsNone() {
        byte[] value = codec.encodeClient("client:c", client, AS_OF, 1234);
        for (int length = 0; length < value.length; length++) {
            assertThat(codec.decodeClient("client:c", Arrays.copyOf(value, length)))
                    .isNull();
        }
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            byte[] invented = new byte[random.nextInt(200)];
            random.nextBytes(invented);
            assertThat(codec.decodeKey("client:key:x", invented)).isNull();
        }
    }
}
