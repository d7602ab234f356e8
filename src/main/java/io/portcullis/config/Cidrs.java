package io.portcullis.config;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks networks written as {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or one address. Nothing is looked up. */
final class Cidrs {
    // No leading zeros: some readers take them for octal.
    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private static final Pattern V4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
    // No zone: a zone means something else on every machine.
    private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");

    private Cidrs() {}

    /** What is wrong with the text, or {@code null} if nothing is. */
    static @Nullable String fault(String text) {
        int slash = text.indexOf('/');
        InetAddress address = address(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            return "expected networks such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1";
        }
        if (text.indexOf(':') >= 0 && address instanceof Inet4Address) {
            return "is an IPv4 address written as IPv6; write " + address.getHostAddress();
        }
        int bits = address.getAddress().length * 8;
        if (slash < 0) {
            return null;
        }
        String digits = text.substring(slash + 1);
        if (!digits.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(digits) > bits) {
            return "expected a prefix length between 0 and " + bits;
        }
        int prefix = Integer.parseInt(digits);
        String network = network(address, prefix);
        return network == null ? null : "has bits set beyond its prefix; the network is " + network + "/" + prefix;
    }

    /** The literal's address, or {@code null} if it is none; host names are never looked up. */
    static @Nullable InetAddress address(String literal) {
        if (!V4.matcher(literal).matches()
                && !(literal.indexOf(':') >= 0 && V6.matcher(literal).matches())) {
            return null;
        }
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** The address with its host bits cleared, or {@code null} if they are clear already. */
    private static @Nullable String network(InetAddress address, int prefix) {
        byte[] bytes = address.getAddress();
        boolean changed = false;
        for (int bit = prefix; bit < bytes.length * 8; bit++) {
            int mask = 0x80 >> (bit & 7);
            changed |= (bytes[bit >> 3] & mask) != 0;
            bytes[bit >> 3] &= (byte) ~mask;
        }
        try {
            return changed ? InetAddress.getByAddress(bytes).getHostAddress() : null;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }
}
