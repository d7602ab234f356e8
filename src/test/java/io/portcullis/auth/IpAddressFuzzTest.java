package io.portcullis.auth;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is read as an address is the same when it is printed and read again, and lies in its own networks and in no other family's. */
class IpAddressFuzzTest {

    private static final AddressRules ALL_V4 = AddressRules.of(List.of("0.0.0.0/0"));
    private static final AddressRules ALL_V6 = AddressRules.of(List.of("::/0"));

    @FuzzTest(maxDuration = "1m")
    void parse(byte[] bytes) throws UnknownHostException {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        IpAddress address = IpAddress.parse(text);
        AddressRules rule = rule(text);
        if (address == null) {
            check(rule == null || text.indexOf('/') >= 0, "a network of an address that is none");
            return;
        }
        check(text.matches("[0-9A-Fa-f:.]+|\\[[0-9A-Fa-f:.]+]"), "an address of other characters");
        check(address.equals(IpAddress.parse(print(address))), "printed and read again it is another");
        check(rule != null && rule.contains(address), "it is not in its own network");
        check(ALL_V4.contains(address) == address.isV4(), "of both families, or of none");
        check(ALL_V6.contains(address) != address.isV4(), "of both families, or of none");
    }

    @FuzzTest(maxDuration = "1m")
    void network(byte[] bytes) throws UnknownHostException {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        AddressRules rule = rule(text);
        int slash = text.indexOf('/');
        if (rule == null || slash < 0) {
            return;
        }
        IpAddress base = IpAddress.parse(text.substring(0, slash));
        int length = Integer.parseInt(text.substring(slash + 1));
        check(base != null, "a network without an address");
        if (base == null) {
            return;
        }
        boolean v4 = base.isV4() && text.indexOf(':') < 0;
        check(length >= 0 && length <= (v4 ? 32 : 128), "a length beyond the address");
        check(rule.contains(base) || (base.isV4() && !v4 && length < 96), "the base is outside");
        if (v4) {
            int bits = (int) base.low();
            for (int bit = 0; bit < 32; bit++) {
                IpAddress flipped = new IpAddress(0, 0xffffL << 32 | ((bits ^ 1 << bit) & 0xffffffffL));
                check(rule.contains(flipped) == (31 - bit >= length), "the mask is not as long as it says");
            }
        }
    }

    private static String print(IpAddress address) throws UnknownHostException {
        byte[] bytes = ByteBuffer.allocate(16)
                .putLong(address.high())
                .putLong(address.low())
                .array();
        // Java prints a mapped address as IPv4.
        return InetAddress.getByAddress(bytes).getHostAddress();
    }

    private static @Nullable AddressRules rule(String text) {
        try {
            return AddressRules.of(List.of(text));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
