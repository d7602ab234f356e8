package io.portcullis.auth;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

/**
 * An IP address as 128 bits; IPv4 in its IPv4-mapped form (RFC 4291 §2.5.5.2), so that a dual-stack listener and a plain one agree on
 * who calls.
 */
public record IpAddress(long high, long low) {

    private static final long V4_MARK = 0xffffL;

    /** Reads a literal; null for anything else. Names are never resolved, zones (%eth0) never accepted. */
    public static @Nullable IpAddress parse(String text) {
        if (text.indexOf('%') >= 0 || text.length() > 45) {
            return null;
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        return bytes == null ? null : of(bytes);
    }

    /** From 4 or 16 bytes in network order. */
    public static IpAddress of(byte[] bytes) {
        if (bytes.length == 4) {
            return new IpAddress(0, V4_MARK << 32 | bits(bytes, 0, 4));
        }
        return new IpAddress(bits(bytes, 0, 8), bits(bytes, 8, 8));
    }

    public boolean isV4() {
        return high == 0 && low >>> 32 == V4_MARK;
    }

    /** As people write it (RFC 5952), IPv4 in dots. */
    @Override
    public String toString() {
        byte[] bytes = new byte[isV4() ? 4 : 16];
        for (int i = 0; i < bytes.length; i++) {
            int fromRight = bytes.length - 1 - i;
            bytes[i] = (byte) (fromRight < 8 ? low >>> (8 * fromRight) : high >>> (8 * (fromRight - 8)));
        }
        return NetUtil.bytesToIpAddress(bytes);
    }

    private static long bits(byte[] bytes, int from, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value = (value << 8) | (bytes[from + i] & 0xff);
        }
        return value;
    }
}
