package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.freshness.Position;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class RecordCompressionTest {

    private static final Logger log = LoggerFactory.getLogger(RecordCompressionTest.class);
    private static final Position AS_OF = new Position("7-1-0", 42);
    private static final byte[] KEY = "a key of thirty-two bytes for it".getBytes(StandardCharsets.US_ASCII);
    private static final String NAME = "client:c";

    private final RecordCodec plain = new RecordCodec(KEY);
    private final RecordCodec compressing = new RecordCodec(KEY, 1024);

    private static Client client(int networks) {
        List<String> allowed = IntStream.range(0, networks)
                .mapToObj(i -> "10." + i / 250 + "." + i % 250 + ".0/24")
                .toList();
        AddressRules rules = AddressRules.of(allowed);
        return new Client(
                "c", "code", null, "owner", null, null, null, rules, 5, ClientStatus.ACTIVE, "a b", null, 8, null);
    }

    @Test
    void aThousandNetworksTakeAFractionOfTheirSize() {
        Client large = client(1_000);
        byte[] before = plain.encodeClient(NAME, large, AS_OF);
        byte[] after = compressing.encodeClient(NAME, large, AS_OF);
        log.info("a client with 1000 networks: {} bytes, compressed {}", before.length, after.length);

        assertThat(after).hasSizeLessThan(before.length / 2);
        assertThat(after[0]).isEqualTo(RecordCodec.FORMAT_DEFLATED);
        assertThat(compressing.decodeClient(NAME, after)).isEqualTo(new Cached<>(large, AS_OF));
    }

    @Test
    void codecsOfEitherSettingReadEachOther() {
        Client large = client(1_000);

        assertThat(plain.decodeClient(NAME, compressing.encodeClient(NAME, large, AS_OF)))
                .isEqualTo(new Cached<>(large, AS_OF));
        assertThat(compressing.decodeClient(NAME, plain.encodeClient(NAME, large, AS_OF)))
                .isEqualTo(new Cached<>(large, AS_OF));
    }

    @Test
    void smallRecordsStayAsTheyAre() {
        byte[] value = compressing.encodeClient(NAME, client(3), AS_OF);

        assertThat(value[0]).isEqualTo(RecordCodec.FORMAT);
        assertThat(value).isEqualTo(plain.encodeClient(NAME, client(3), AS_OF));
    }

    @Test
    void whatCannotBeMadeShorterStaysAsItIs() {
        RecordCodec eager = new RecordCodec(KEY, 1);
        Client tiny = new Client(
                "c",
                null,
                null,
                null,
                null,
                null,
                null,
                AddressRules.of(List.of()),
                null,
                ClientStatus.ACTIVE,
                null,
                null,
                8,
                null);

        assertThat(eager.decodeClient(NAME, eager.encodeClient(NAME, tiny, AS_OF)))
                .isEqualTo(new Cached<>(tiny, AS_OF));
    }

    @Test
    void eachChangedBitOfACompressedValueIsNoticed() {
        byte[] value = compressing.encodeClient(NAME, client(200), AS_OF);
        for (int bit = 0; bit < value.length * 8; bit++) {
            byte[] changed = value.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);

            assertThat(plain.decodeClient(NAME, changed)).as("bit %d", bit).isNull();
        }
    }

    /** It begins as a good record does, so that only its length is against it. */
    @Test
    void aValueThatInflatesBeyondARecordsLengthIsNone() throws Exception {
        byte[] record = plain.encodeClient(NAME, client(3), AS_OF);

        byte[] little = sealed(record, 1_000_000);
        assertThat(plain.decodeClient(NAME, little)).isEqualTo(new Cached<>(client(3), AS_OF));
        byte[] bomb = sealed(record, 64_000_000);
        assertThat(bomb).hasSizeLessThan(100_000);
        assertThat(plain.decodeClient(NAME, bomb)).isNull();
    }

    @Test
    void aCompressedValueThatIsCutOffOrNoDeflateIsNone() throws Exception {
        byte[] deflated = deflated(new byte[5_000], 0);
        assertThat(plain.decodeClient(NAME, withMac(Arrays.copyOf(deflated, 5))))
                .isNull();
        assertThat(plain.decodeClient(NAME, withMac("no deflate at all".getBytes(StandardCharsets.US_ASCII))))
                .isNull();
    }

    private static byte[] sealed(byte[] record, int zeros) throws IOException, GeneralSecurityException {
        return withMac(deflated(Arrays.copyOfRange(record, 33, record.length), zeros));
    }

    private static byte[] deflated(byte[] bytes, int zeros) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out, new Deflater(9, true))) {
            deflater.write(bytes);
            for (int left = zeros; left > 0; left -= 1_000) {
                deflater.write(new byte[1_000]);
            }
        }
        return out.toByteArray();
    }

    private static byte[] withMac(byte[] body) throws IOException, GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
        mac.update(RecordCodec.FORMAT_DEFLATED);
        mac.update(new byte[] {0, (byte) NAME.length()});
        mac.update(NAME.getBytes(StandardCharsets.US_ASCII));
        mac.update(body);
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.write(RecordCodec.FORMAT_DEFLATED);
        value.write(mac.doFinal());
        value.write(body);
        return value.toByteArray();
    }
}
