package io.portcullis.auth;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which address calls, where proxies stand in between: the right-most one of the configured header that is no trusted proxy, and that header
 * is read only if the peer itself is trusted. The one resolver for address rules, limits and logs. Thread-safe.
 */
public final class ClientAddress {

    /** Longer chains of trusted proxies do not exist; what claims to be one is not worth the time. */
    private static final int MAX_HOPS = 64;

    private final TrustedProxies trusted;
    private final ForwardedHeader header;

    public ClientAddress(TrustedProxies trusted, ForwardedHeader header) {
        this.trusted = trusted;
        this.header = header;
    }

    /** The header that is read. */
    public String header() {
        return header.header();
    }

    /** Whether this peer is believed when it speaks of its own caller. */
    public boolean trusts(Peer peer) {
        return trusted.contains(peer);
    }

    /**
     * The calling address.
     *
     * @param lines of {@link #header()} in the order of the request; asked for only when believed
     * @return null where it cannot be told: a trusted proxy passed on something that is no address, or the peer has none and is not trusted
     */
    public @Nullable IpAddress resolve(Peer peer, Supplier<List<String>> lines) {
        if (!trusted.contains(peer)) {
            return peer.address();
        }
        IpAddress nearest = peer.address();
        List<String> given = lines.get();
        int hops = 0;
        for (int i = given.size() - 1; i >= 0; i--) {
            List<String> nodes = header.nearest(given.get(i), MAX_HOPS + 1 - hops);
            if (nodes == null) {
                return null;
            }
            for (String node : nodes) {
                IpAddress address = ForwardedNode.address(node);
                if (address == null || ++hops > MAX_HOPS) {
                    return null;
                }
                if (!trusted.networks().contains(address)) {
                    return address;
                }
                nearest = address;
            }
        }
        return nearest;
    }
}
