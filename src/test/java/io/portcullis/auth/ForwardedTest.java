package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The calling address by {@code Forwarded} (RFC 7239). */
class ForwardedTest {

    private final ClientAddress addresses = new ClientAddress(
            TrustedProxies.of(List.of("10.0.0.0/8", "127.0.0.1/32", "2001:db8:1::/48")), ForwardedHeader.FORWARDED);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "for=192.0.2.60 | 192.0.2.60",
                "For=192.0.2.60;proto=http;by=203.0.113.43 | 192.0.2.60",
                "proto=http ; for=192.0.2.60 | 192.0.2.60",
                "for=192.0.2.43, for=198.51.100.17 | 198.51.100.17",
                "for=192.0.2.43, for=10.1.1.1 | 192.0.2.43",
                "for=192.0.2.43,for=10.1.1.1;by=\"[::1]\" , , | 192.0.2.43",
                "for=\"[2001:db8:cafe::17]:4711\" | 2001:db8:cafe::17",
                "for=\"[2001:db8:cafe::17]\" | 2001:db8:cafe::17",
                "for=192.0.2.43, for=\"[2001:db8:1::17]:_obf\" | 192.0.2.43",
                "for=\"192.0.2.43:80\" | 192.0.2.43",
                "for=192.0.2.43:80 | 192.0.2.43",
                "for=\"192.0.2\\.43\" | 192.0.2.43",
                "for=1.1.1.1;x=\"a, for=2.2.2.2\", for=192.0.2.43 | 192.0.2.43",
                "for=_hidden, for=192.0.2.43 | 192.0.2.43",
                "for=10.2.2.2, for=10.1.1.1 | 10.2.2.2"
            })
    void theRightMostUntrustedHopIsTheCaller(String line, String expected) {
        assertThat(resolve(line)).isEqualTo(Objects.requireNonNull(IpAddress.parse(expected)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "for=unknown",
                "for=_hidden",
                "for=\"_gazonk:80\"",
                "proto=http",
                "192.0.2.43",
                "for=",
                "for=192.0.2.43;for=192.0.2.44",
                "for=192.0.2.43, unknown",
                // A quote that the caller leaves open, or closes with what the proxy appended.
                "for=1.1.1.1;x=\", for=192.0.2.43",
                "for=1.1.1.1;x=\"\\, for=\"192.0.2.43\"",
                "for=1.1.1.1;x=\", for=\"[2001:db8::1]\"",
                "for=1.1.1.1;x=\", for=\"[2001:db8::1]\";by=\"[::1]\"",
                "for=\"192.0.2.43\"x",
                "for==192.0.2.43",
                "for=192.0.2.43 x"
            })
    void whatCannotBeReadCannotBeTold(String line) {
        assertThat(resolve(line)).isNull();
    }

    /** A line of its own is read by itself: what a caller leaves open does not reach the proxy's. */
    @Test
    void theProxysOwnLineStandsByItself() {
        assertThat(resolve("for=1.1.1.1;x=\"", "for=192.0.2.43")).isEqualTo(IpAddress.parse("192.0.2.43"));
        assertThat(resolve("for=1.1.1.1;x=\"", "for=10.1.1.1")).isNull();
    }

    @Test
    void theOtherHeaderIsNotAskedFor() {
        assertThat(addresses.header()).isEqualTo("Forwarded");
        assertThat(new ClientAddress(TrustedProxies.of(List.of()), ForwardedHeader.X_FORWARDED_FOR).header())
                .isEqualTo("X-Forwarded-For");
    }

    @Test
    void aHostileLengthIsNoWork() {
        assertThat(resolve("for=10.1.1.1,".repeat(64))).isEqualTo(IpAddress.parse("10.1.1.1"));
        assertThat(resolve("for=10.1.1.1,".repeat(65))).isNull();
        assertThat(resolve("for=\"" + "\\\"".repeat(100_000))).isNull();
        assertThat(resolve("for=" + "1".repeat(100_000))).isNull();
    }

    private @Nullable IpAddress resolve(String... lines) {
        return addresses.resolve(Peer.at(Objects.requireNonNull(IpAddress.parse("127.0.0.1"))), () -> List.of(lines));
    }
}
