package io.portcullis.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Networks in CIDR notation (RFC 4632, RFC 4291 §2.3), compiled once when they are loaded. No network at all means no restriction. */
public final class AddressRules {

    public static final AddressRules ANY = new AddressRules(List.of(), new Network[0]);

    private final List<String> texts;
    private final Network[] networks;

    private AddressRules(List<String> texts, Network[] networks) {
        this.texts = texts;
        this.networks = networks;
    }

    /** @throws IllegalArgumentException naming the first text that is no network */
    public static AddressRules of(List<String> cidrs) {
        if (cidrs.isEmpty()) {
            return ANY;
        }
        Network[] networks = new Network[cidrs.size()];
        for (int i = 0; i < networks.length; i++) {
            Network network = Network.parse(cidrs.get(i));
            if (network == null) {
                throw new IllegalArgumentException("not a network in CIDR notation: " + cidrs.get(i));
            }
            networks[i] = network;
        }
        return new AddressRules(List.copyOf(cidrs), networks);
    }

    public boolean isEmpty() {
        return networks.length == 0;
    }

    /** Whether one of the networks holds the address; false for none at all: what an empty list means is the caller's to say. */
    public boolean contains(IpAddress address) {
        for (Network network : networks) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** As they were given. */
    public List<String> texts() {
        return texts;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressRules rules && rules.texts.equals(texts);
    }

    @Override
    public int hashCode() {
        return texts.hashCode();
    }

    @Override
    public String toString() {
        return texts.toString();
    }

    /** Bits of the address and of the mask. A rule of one family never holds an address of the other. */
    private record Network(IpAddress address, long highMask, long lowMask) {

        static @Nullable Network parse(String text) {
            int slash = text.indexOf('/');
            IpAddress address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
            if (address == null) {
                return null;
            }
            int bits = address.isV4() && text.indexOf(':') < 0 ? 32 : 128;
            int length = slash < 0 ? bits : prefixLength(text, slash + 1);
            if (length < 0 || length > bits) {
                return null;
            }
            int masked = length + 128 - bits;
            long high = masked >= 64 ? -1L : highBits(masked);
            long low = masked <= 64 ? 0L : highBits(masked - 64);
            return new Network(new IpAddress(address.high() & high, address.low() & low), high, low);
        }

        boolean contains(IpAddress candidate) {
            return (candidate.high() & highMask) == address.high()
                    && (candidate.low() & lowMask) == address.low()
                    && candidate.isV4() == (address.isV4() && lowMask >>> 32 == 0xffff_ffffL);
        }

        private static long highBits(int count) {
            return count == 0 ? 0L : -1L << (64 - count);
        }

        private static int prefixLength(String text, int from) {
            int length = 0;
            if (from == text.length() || text.length() - from > 3) {
                return -1;
            }
            for (int i = from; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c < '0' || c > '9') {
                    return -1;
                }
                length = length * 10 + c - '0';
            }
            return length;
        }
    }
}
