package io.portcullis.auth;

import java.util.ArrayList;
import java.util.List;

/**
 * Peers that are believed when they say for whom they call. None at all trusts nobody.
 *
 * @param networks where they are
 * @param unix whether whoever may open the Unix socket is one of them: the file's mode says who that is
 */
public record TrustedProxies(AddressRules networks, boolean unix) {

    /** The word that stands for the Unix socket among networks. */
    public static final String UNIX = "unix";

    /**
     * Reads them as the configuration has them.
     *
     * @throws IllegalArgumentException naming the first text that is neither a network nor {@value #UNIX}
     */
    public static TrustedProxies of(List<String> texts) {
        List<String> networks = new ArrayList<>(texts);
        boolean unix = networks.removeIf(UNIX::equals);
        return new TrustedProxies(AddressRules.of(networks), unix);
    }

    public boolean contains(Peer peer) {
        IpAddress address = peer.address();
        return address == null ? peer.unix() && unix : networks.contains(address);
    }
}
