package io.portcullis.auth;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Whatever a caller writes into the header that proxies append to: he cannot be taken for anybody that a trusted proxy did not name last. */
class ClientAddressFuzzTest {

    private static final AddressRules TRUSTED = AddressRules.of(List.of("10.0.0.0/8", "fd00::/8"));
    private static final Peer PROXY = Peer.at(address("10.1.2.3"));
    private static final IpAddress CALLER = address("192.0.2.7");

    @FuzzTest(maxDuration = "1m")
    void xForwardedFor(FuzzedDataProvider data) {
        List<String> given = lines(data);
        ClientAddress addresses = addresses(ForwardedHeader.X_FORWARDED_FOR);
        IpAddress resolved = addresses.resolve(PROXY, () -> given);
        check(
                resolved == null || !TRUSTED.contains(resolved) || areTrusted(given),
                "a trusted proxy, though somebody else was named");
        appended(addresses, given, "192.0.2.7", "10.9.9.9, 10.8.8.8");
    }

    @FuzzTest(maxDuration = "1m")
    void forwarded(FuzzedDataProvider data) {
        List<String> given = lines(data);
        appended(addresses(ForwardedHeader.FORWARDED), given, "for=192.0.2.7", "for=10.9.9.9, For=\"[fd00::1]:80\"");
    }

    /** What proxies append as lines of their own is read from the right, whatever stands before it. */
    private static void appended(ClientAddress addresses, List<String> given, String caller, String proxies) {
        List<String> lines = new ArrayList<>(given);
        lines.add(caller);
        check(CALLER.equals(addresses.resolve(PROXY, () -> lines)), "what the proxy wrote last was not believed");
        lines.add(proxies);
        check(CALLER.equals(addresses.resolve(PROXY, () -> lines)), "proxies behind the first were not skipped");
        check(
                CALLER.equals(addresses.resolve(Peer.at(CALLER), () -> {
                    throw new IllegalStateException("asked for, though the peer is not trusted");
                })),
                "a peer that is not trusted was believed");
    }

    private static ClientAddress addresses(ForwardedHeader header) {
        return new ClientAddress(new TrustedProxies(TRUSTED, false), header);
    }

    private static List<String> lines(FuzzedDataProvider data) {
        List<String> lines = new ArrayList<>();
        while (data.remainingBytes() > 0 && lines.size() < 8) {
            lines.add(new String(data.consumeBytes(data.consumeInt(0, 80)), StandardCharsets.ISO_8859_1));
        }
        return lines;
    }

    /** As loosely as can be: with a port or brackets it may be one. */
    private static boolean areTrusted(List<String> given) {
        for (String hop : String.join(",", given).split(",", -1)) {
            IpAddress address = ForwardedNode.address(hop.trim());
            if (!hop.trim().isEmpty() && (address == null || !TRUSTED.contains(address))) {
                return false;
            }
        }
        return true;
    }

    private static IpAddress address(String text) {
        IpAddress address = IpAddress.parse(text);
        if (address == null) {
            throw new IllegalArgumentException(text);
        }
        return address;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
