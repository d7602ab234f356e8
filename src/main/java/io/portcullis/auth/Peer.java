package io.portcullis.auth;

import org.jspecify.annotations.Nullable;

/**
 * The other end of a connection.
 *
 * @param address null on a Unix socket, and where it cannot be told any more
 * @param unix whether it came by the Unix socket
 */
public record Peer(@Nullable IpAddress address, boolean unix) {

    public static final Peer UNIX = new Peer(null, true);
    public static final Peer UNKNOWN = new Peer(null, false);

    public static Peer at(IpAddress address) {
        return new Peer(address, false);
    }
}
