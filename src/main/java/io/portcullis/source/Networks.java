package io.portcullis.source;

import io.portcullis.auth.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Networks in canonical CIDR notation (RFC 4632, RFC 5952), host bits cleared, each once, sorted as texts: what means the same is equal.
 * None at all is any address.
 *
 * @param texts as PostgreSQL's cidr reads them
 */
record Networks(List<String> texts) {

    static final Networks ANY = new Networks(List.of());

    Networks {
        texts = List.copyOf(texts);
    }

    /** Null where one of them is no network. */
    static @Nullable Networks of(List<String> cidrs) {
        TreeSet<String> canonical = new TreeSet<>();
        for (String cidr : cidrs) {
            String network = canonical(cidr);
            if (network == null) {
                return null;
            }
            canonical.add(network);
        }
        return canonical.isEmpty() ? ANY : new Networks(new ArrayList<>(canonical));
    }

    private static @Nullable String canonical(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        IpAddress address = IpAddress.parse(literal);
        if (address == null) {
            return null;
        }
        int bits = literal.indexOf(':') < 0 ? 32 : 128;
        int length = slash < 0 ? bits : length(text.substring(slash + 1));
        if (length < 0 || length > bits) {
            return null;
        }
        return text(masked(address, length + 128 - bits), bits) + "/" + length;
    }

    private static int length(String digits) {
        return digits.matches("0|[1-9][0-9]{0,2}") ? Integer.parseInt(digits) : -1;
    }

    private static IpAddress masked(IpAddress address, int length) {
        long high = length >= 64 ? -1L : length == 0 ? 0L : -1L << (64 - length);
        long low = length <= 64 ? 0L : -1L << (128 - length);
        return new IpAddress(address.high() & high, address.low() & low);
    }

    /** An IPv4-mapped address that was written as IPv6 stays one: PostgreSQL tells the two apart. */
    private static String text(IpAddress address, int bits) {
        return bits == 128 && address.isV4()
                ? "::ffff:" + Long.toHexString(address.low() >>> 16 & 0xffff) + ":"
                        + Long.toHexString(address.low() & 0xffff)
                : address.toString();
    }

    @Override
    public String toString() {
        return texts.toString();
    }
}
