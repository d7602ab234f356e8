package io.portcullis.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifierTest {

    private static final long NOW = 1_000_000;
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(NOW));

    @Test
    void anActiveClientWithAValidKeyIsAllowed() {
        Client client = client(ClientStatus.ACTIVE, AddressRules.ANY, "code");
        ClientKey key = key(true, null, null);

        assertThat(Verifier.decide(key, client, CLOCK, VerifierTest::somewhere, false, Attachable.NOTHING))
                .isEqualTo(new Decision.Allowed(client, key, false));
    }

    @ParameterizedTest
    @CsvSource({
        "PENDING, CLIENT_NOT_ACTIVE",
        "SUSPENDED, CLIENT_NOT_ACTIVE",
        "REJECTED, CLIENT_NOT_ACTIVE",
        "REVOKED, INVALID_CREDENTIALS"
    })
    void eachStatusHasItsOwnOutcome(ClientStatus status, Refusal expected) {
        assertThat(refusal(key(true, null, null), client(status, AddressRules.ANY, "code")))
                .isEqualTo(expected);
    }

    @Test
    void aKeyThatDoesNotHoldProvesNothing() {
        Client suspended = client(ClientStatus.SUSPENDED, AddressRules.ANY, "code");

        assertThat(refusal(key(false, null, null), suspended)).isEqualTo(Refusal.INVALID_CREDENTIALS);
        assertThat(refusal(key(true, NOW + 1, null), suspended)).isEqualTo(Refusal.INVALID_CREDENTIALS);
        assertThat(refusal(key(true, null, NOW), suspended)).isEqualTo(Refusal.INVALID_CREDENTIALS);
        assertThat(refusal(key(true, null, null), null)).isEqualTo(Refusal.INVALID_CREDENTIALS);
    }

    @Test
    void validityBeginsAndEndsToTheMillisecond() {
        Client client = client(ClientStatus.ACTIVE, AddressRules.ANY, "code");

        assertThat(Verifier.decide(
                        key(true, NOW, NOW + 1), client, CLOCK, VerifierTest::somewhere, false, Attachable.NOTHING))
                .isInstanceOf(Decision.Allowed.class);
    }

    @Test
    void theAddressMustBeOneOfTheClients() {
        Client client = client(ClientStatus.ACTIVE, AddressRules.of(List.of("10.0.0.0/8")), "code");
        ClientKey key = key(true, null, null);

        assertThat(Verifier.decide(key, client, CLOCK, VerifierTest::somewhere, false, Attachable.NOTHING))
                .isEqualTo(new Decision.Denied(Refusal.ADDRESS_NOT_ALLOWED));
        assertThat(Verifier.decide(key, client, CLOCK, () -> null, false, Attachable.NOTHING))
                .isEqualTo(new Decision.Denied(Refusal.ADDRESS_NOT_ALLOWED));
        assertThat(Verifier.decide(key, client, CLOCK, () -> IpAddress.parse("10.1.1.1"), false, Attachable.NOTHING))
                .isInstanceOf(Decision.Allowed.class);
    }

    @Test
    void theAddressIsNotAskedForWithoutRules() {
        Client client = client(ClientStatus.ACTIVE, AddressRules.ANY, "code");

        assertThat(Verifier.decide(
                        key(true, null, null),
                        client,
                        CLOCK,
                        () -> {
                            throw new AssertionError("asked");
                        },
                        false,
                        Attachable.NOTHING))
                .isInstanceOf(Decision.Allowed.class);
    }

    @ParameterizedTest
    @CsvSource({"'a\r\nX-Client-Id: b'", "'a\nb'", "'é'", "' a'", "'a '", "'a\0'"})
    void aValueThatIsNotSafeInAHeaderRefusesTheRecord(String code) {
        Client client = client(ClientStatus.ACTIVE, AddressRules.ANY, code);

        assertThat(client.fault()).isEqualTo("client_code is not safe in a header");
        assertThat(refusal(key(true, null, null), client)).isEqualTo(Refusal.CLIENT_NOT_ACTIVE);
    }

    @Test
    void aScopeWithABlankWouldReadAsTwo() {
        ClientKey key = ClientKey.of("k", "c", new KeyDigest(1, 2, 3, 4), true, List.of("read write"), null, null, 1);

        assertThat(refusal(key, client(ClientStatus.ACTIVE, AddressRules.ANY, "code")))
                .isEqualTo(Refusal.CLIENT_NOT_ACTIVE);
    }

    private static @Nullable IpAddress somewhere() {
        return IpAddress.parse("192.0.2.1");
    }

    private static Refusal refusal(ClientKey key, @Nullable Client client) {
        return ((Decision.Denied)
                        Verifier.decide(key, client, CLOCK, VerifierTest::somewhere, false, Attachable.NOTHING))
                .refusal();
    }

    private static ClientKey key(boolean active, @Nullable Long from, @Nullable Long until) {
        return ClientKey.of("k", "c", new KeyDigest(1, 2, 3, 4), active, List.of(), from, until, 1);
    }

    private static Client client(ClientStatus status, AddressRules rules, String code) {
        return new Client("c", code, null, null, null, null, null, rules, null, status, null, null, 1, null);
    }
}
