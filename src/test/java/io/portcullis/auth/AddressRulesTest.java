package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRulesTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.0.0/8, ::ffff:10.1.2.3, true",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7/32, 192.0.2.8, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "::/0, 2001:db8::1, true",
        "::/0, 203.0.113.9, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "2001:db8::/65, 2001:db8:0:0:7fff::1, true",
        "2001:db8::/65, 2001:db8:0:0:8000::1, false",
        "2001:db8::1/128, 2001:db8::1, true",
        "2001:db8::1/128, 2001:db8::2, false"
    })
    void holdsTheAddressesOfItsNetwork(String network, String address, boolean expected) {
        assertThat(AddressRules.of(List.of(network)).contains(address(address))).isEqualTo(expected);
    }

    @Test
    void oneOfSeveralIsEnough() {
        AddressRules rules = AddressRules.of(List.of("10.0.0.0/8", "2001:db8::/32"));

        assertThat(rules.contains(address("10.1.1.1"))).isTrue();
        assertThat(rules.contains(address("2001:db8::9"))).isTrue();
        assertThat(rules.contains(address("192.0.2.1"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/8x",
                "2001:db8::/129",
                "localhost",
                "10.0.0/8",
                "fe80::1%eth0"
            })
    void whatIsNoNetworkIsRefused(String text) {
        assertThatThrownBy(() -> AddressRules.of(List.of(text))).isInstanceOf(IllegalArgumentException.class);
    }

    private static IpAddress address(String text) {
        return Objects.requireNonNull(IpAddress.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.255", "0.0.0.0", "2001:db8::1", "2001:db8:0:1:ff00:1:2:8", "::1"})
    void anAddressIsShownAsItIsWritten(String text) {
        assertThat(IpAddress.parse(text)).hasToString(text);
    }
}
