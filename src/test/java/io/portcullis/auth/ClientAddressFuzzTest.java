package io.portcullis.auth;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Whatever a caller writes into X-Forwarded-For: he cannot be taken for anybody that a trusted proxy did not name last. */
class ClientAddressFuzzTest {

    private static final AddressRules TRUSTED = AddressRules.of(List.of("10.0.0.0/8", "fd00::/8"));
    private static final IpAddress PROXY = address("10.1.2.3");
    private static final IpAddress CALLER = address("192.0.2.7");

    @FuzzTest(maxDuration = "1m")
    void resolve(FuzzedDataProvider data) {
        ClientAddress addresses = new ClientAddress(TRUSTED);
        List<String> given = new ArrayList<>();
        while (data.remainingBytes() > 0 && given.size() < 8) {
            given.add(new String(data.consumeBytes(data.consumeInt(0, 80)), StandardCharsets.ISO_8859_1));
        }

        IpAddress resolved = addresses.resolve(PROXY, () -> given);
        check(
                resolved == null || !TRUSTED.contains(resolved) || areTrusted(given),
                "a trusted proxy, though somebody else was named");

        List<String> appended = new ArrayList<>(given);
        appended.add("192.0.2.7");
        check(CALLER.equals(addresses.resolve(PROXY, () -> appended)), "what the proxy wrote last was not believed");
        appended.add("10.9.9.9, 10.8.8.8");
        check(CALLER.equals(addresses.resolve(PROXY, () -> appended)), "proxies behind the first were not skipped");
        check(
                CALLER.equals(addresses.resolve(CALLER, () -> {
                    throw new IllegalStateException("asked for, though the peer is not trusted");
                })),
                "a peer that is not trusted was believed");
    }

    private static boolean areTrusted(List<String> given) {
        for (String hop : String.join(",", given).split(",", -1)) {
            IpAddress address = IpAddress.parse(hop.trim());
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
