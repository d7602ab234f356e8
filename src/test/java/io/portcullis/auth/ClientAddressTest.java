package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClientAddressTest {

    private final ClientAddress addresses = new ClientAddress(
            TrustedProxies.of(List.of("10.0.0.0/8", "127.0.0.1/32")), ForwardedHeader.X_FORWARDED_FOR);

    @Test
    void anUntrustedPeerIsTheCallerWhateverItClaims() {
        assertThat(resolve("192.0.2.1", "203.0.113.9")).isEqualTo(IpAddress.parse("192.0.2.1"));
    }

    @Test
    void anEmptyListTrustsNobody() {
        assertThat(new ClientAddress(TrustedProxies.of(List.of()), ForwardedHeader.X_FORWARDED_FOR)
                        .resolve(peer("127.0.0.1"), () -> List.of("203.0.113.9")))
                .isEqualTo(IpAddress.parse("127.0.0.1"));
    }

    @Test
    void theRightMostUntrustedHopIsTheCaller() {
        assertThat(resolve("127.0.0.1", "198.51.100.1, 203.0.113.9, 10.1.1.1"))
                .isEqualTo(IpAddress.parse("203.0.113.9"));
    }

    @Test
    void severalHeadersAreOneList() {
        assertThat(resolve("127.0.0.1", "198.51.100.1", "203.0.113.9, 10.1.1.1"))
                .isEqualTo(IpAddress.parse("203.0.113.9"));
    }

    @Test
    void onlyProxiesMeansTheFarthestOfThem() {
        assertThat(resolve("127.0.0.1", "10.2.2.2, 10.1.1.1")).isEqualTo(IpAddress.parse("10.2.2.2"));
    }

    @Test
    void withoutAHeaderThePeerCalls() {
        assertThat(resolve("127.0.0.1")).isEqualTo(IpAddress.parse("127.0.0.1"));
    }

    @Test
    void aHopThatIsNoAddressCannotBeTold() {
        assertThat(resolve("127.0.0.1", "203.0.113.9, unknown")).isNull();
    }

    private @Nullable IpAddress resolve(String peer, String... forwardedFor) {
        return addresses.resolve(peer(peer), () -> List.of(forwardedFor));
    }

    private static Peer peer(String address) {
        return Peer.at(Objects.requireNonNull(IpAddress.parse(address)));
    }
}
