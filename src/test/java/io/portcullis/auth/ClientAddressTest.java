package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @Test
    void aPortBehindAnAddressIsLeftAside() {
        assertThat(resolve("127.0.0.1", "203.0.113.9:4711")).isEqualTo(IpAddress.parse("203.0.113.9"));
        assertThat(resolve("127.0.0.1", "[2001:db8::9]:4711")).isEqualTo(IpAddress.parse("2001:db8::9"));
        assertThat(resolve("127.0.0.1", "[2001:db8::9]")).isEqualTo(IpAddress.parse("2001:db8::9"));
        assertThat(resolve("127.0.0.1", "2001:db8::9")).isEqualTo(IpAddress.parse("2001:db8::9"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "203.0.113.9:",
                "203.0.113.9:x",
                "203.0.113.9:123456",
                "[2001:db8::9",
                "[2001:db8::9]x",
                "[2001:db8::9]:",
                "[203.0.113.9]",
                "_hidden",
                "localhost",
                "203.0.113.9 203.0.113.8"
            })
    void whatIsNoAddressCannotBeTold(String hop) {
        assertThat(resolve("127.0.0.1", hop)).isNull();
        assertThat(resolve("127.0.0.1", "198.51.100.1, " + hop)).isNull();
    }

    @Test
    void aChainOfProxiesThatNeverEndsCannotBeTold() {
        assertThat(resolve("127.0.0.1", "10.1.1.1,".repeat(64))).isEqualTo(IpAddress.parse("10.1.1.1"));
        assertThat(resolve("127.0.0.1", "10.1.1.1,".repeat(65))).isNull();
        assertThat(resolve("127.0.0.1", "10.1.1.1,".repeat(40), "10.1.1.1,".repeat(40)))
                .isNull();
        assertThat(resolve("127.0.0.1", "1".repeat(100_000))).isNull();
    }

    @Test
    void theUnixSocketIsBelievedOnlyWhereItIsNamed() {
        ClientAddress named = new ClientAddress(TrustedProxies.of(List.of("unix")), ForwardedHeader.X_FORWARDED_FOR);

        assertThat(named.resolve(Peer.UNIX, () -> List.of("203.0.113.9"))).isEqualTo(IpAddress.parse("203.0.113.9"));
        assertThat(named.trusts(Peer.UNIX)).isTrue();
        assertThat(named.trusts(Peer.UNKNOWN)).as("a peer that cannot be told").isFalse();
        assertThat(named.resolve(Peer.UNIX, List::of)).as("nothing was said").isNull();
        assertThat(named.resolve(peer("127.0.0.1"), () -> List.of("203.0.113.9")))
                .isEqualTo(IpAddress.parse("127.0.0.1"));
        assertThat(addresses.resolve(Peer.UNIX, () -> List.of("203.0.113.9"))).isNull();
        assertThat(addresses.resolve(Peer.UNKNOWN, () -> List.of("203.0.113.9")))
                .isNull();
    }

    private @Nullable IpAddress resolve(String peer, String... forwardedFor) {
        return addresses.resolve(peer(peer), () -> List.of(forwardedFor));
    }

    private static Peer peer(String address) {
        return Peer.at(Objects.requireNonNull(IpAddress.parse(address)));
    }
}
