package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class RecordCodecTest {

    private static final Position AS_OF = new Position("7-1-0", 42);

    private static final byte[] KEY = "a key of thirty-two bytes for it".getBytes(StandardCharsets.US_ASCII);

    private final RecordCodec codec = new RecordCodec(KEY);
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
        assertThat(codec.decodeKey("client:key:x", codec.encodeKey("client:key:x", key, AS_OF)))
                .isEqualTo(new Cached<>(key, AS_OF));
        assertThat(codec.decodeClient("client:c", codec.encodeClient("client:c", client, AS_OF)))
                .isEqualTo(new Cached<>(client, AS_OF));
    }

    /** Written by a node that knew of no such name, it ends before it. */
    @Test
    void theNameOfALimitIsReadWhereThereIsOne() throws Exception {
        Client named = new Client(
                "c",
                null,
                null,
                null,
                null,
                null,
                null,
                AddressRules.ANY,
                null,
                ClientStatus.ACTIVE,
                null,
                null,
                8,
                "gold",
                null);
        assertThat(codec.decodeClient("client:c", codec.encodeClient("client:c", named, AS_OF)))
                .isEqualTo(new Cached<>(named, AS_OF));

        byte[] now = codec.encodeClient("client:c", client, AS_OF);
        byte[] before = Arrays.copyOf(now, now.length - 1);
        seal(before);
        assertThat(codec.decodeClient("client:c", before)).isEqualTo(new Cached<>(client, AS_OF));
    }

    /** As one of {@code client:c}. */
    private static void seal(byte[] value) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
        mac.update(value[0]);
        mac.update(new byte[] {0, 8});
        mac.update("client:c".getBytes(StandardCharsets.US_ASCII));
        mac.update(value, 33, value.length - 33);
        System.arraycopy(mac.doFinal(), 0, value, 1, 32);
    }

    @Test
    void anOwnersListIsReadUnderHisNameOnly() {
        Owned owned = new Owned("u", List.of("a", "b"), AS_OF);
        byte[] value = codec.encodeOwned("client:user:u", owned);

        assertThat(codec.decodeOwned("client:user:u", "u", value)).isEqualTo(owned);
        assertThat(codec.decodeOwned("client:user:v", "v", value)).isNull();
        value[value.length - 1] ^= 1;
        assertThat(codec.decodeOwned("client:user:u", "u", value)).isNull();
    }

    /** Format 1 said, behind the position, when the record was read. */
    @Test
    void theFormerFormatIsReadToo() throws Exception {
        byte[] now = codec.encodeClient("client:c", client, AS_OF);
        int behindPosition = 1 + 32 + 2 + AS_OF.epoch().length() + 8;
        byte[] before = new byte[now.length + 8];
        System.arraycopy(now, 0, before, 0, behindPosition);
        System.arraycopy(now, behindPosition, before, behindPosition + 8, now.length - behindPosition);
        before[0] = 1;
        seal(before);

        assertThat(codec.decodeClient("client:c", before)).isEqualTo(new Cached<>(client, AS_OF));
    }

    @Test
    void eachChangedBitIsNoticed() {
        byte[] value = codec.encodeClient("client:c", client, AS_OF);
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
        assertThat(codec.decodeClient("client:d", codec.encodeClient("client:c", client, AS_OF)))
                .isNull();
    }

    @Test
    void aValueUnderAnotherPepperIsNone() {
        RecordCodec other = new RecordCodec("another key of thirty-two bytes.".getBytes(StandardCharsets.US_ASCII));

        assertThat(codec.decodeClient("client:c", other.encodeClient("client:c", client, AS_OF)))
                .isNull();
    }

    @Test
    void aTruncatedOrInventedValueIsNone() {
        byte[] value = codec.encodeClient("client:c", client, AS_OF);
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
