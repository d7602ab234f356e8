package io.portcullis.auth;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which address calls, where proxies stand in between: the right-most address of {@code X-Forwarded-For} that is no trusted proxy, and
 * that header is read only if the peer itself is trusted. An empty list trusts nobody. The one resolver for address rules, limits and
 * logs.
 */
public final class ClientAddress {

    private final AddressRules trustedProxies;

    public ClientAddress(AddressRules trustedProxies) {
        this.trustedProxies = trustedProxies;
    }

    /**
     * The calling address.
     *
     * @param peer the other end of the connection, null where it has no IP address
     * @param forwardedFor values of {@code X-Forwarded-For} in the order of the request, each a comma list; asked for only when believed
     * @return null where it cannot be told: a trusted proxy passed on something that is no address
     */
    public @Nullable IpAddress resolve(@Nullable IpAddress peer, Supplier<List<String>> forwardedFor) {
        if (peer == null || !trustedProxies.contains(peer)) {
            return peer;
        }
        String joined = String.join(",", forwardedFor.get());
        IpAddress nearest = peer;
        int end = joined.length();
        while (end > 0) {
            int comma = joined.lastIndexOf(',', end - 1);
            String hop = joined.substring(comma + 1, end).trim();
            end = comma;
            if (hop.isEmpty()) {
                continue;
            }
            IpAddress address = IpAddress.parse(hop);
            if (address == null || !trustedProxies.contains(address)) {
                return address;
            }
            nearest = address;
        }
        return nearest;
    }
}
