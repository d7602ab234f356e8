package io.portcullis.config;

import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.ForwardedHeader;
import io.portcullis.auth.TrustedProxies;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How callers prove themselves.
 *
 * @param pepper key of the digests of stored keys; {@code null} only in the embedded default, which makes its own
 * @param formerPeppers what keys found under them are moved from to the current one
 * @param nextPepper counts as well, so that other nodes may have it for their current one already
 * @param trustedProxies networks whose forwarded header is believed: IPv4 or IPv6 literals, each with or without a prefix length; or
 *     {@code unix}, for the Unix socket
 * @param forwardedHeader the one that is read
 * @param proxyCache how long nginx may go on by an allowing answer: zero or a second
 * @param schemes the credentials that count
 * @param ownerCheck whether the owner of a client must be an active user
 * @param slowHash limits of checking slow hashes
 */
public record AuthConfig(
        @Nullable Secret pepper,
        List<Secret> formerPeppers,
        @Nullable Secret nextPepper,
        List<String> trustedProxies,
        ForwardedHeader forwardedHeader,
        Duration proxyCache,
        Set<CredentialScheme> schemes,
        OwnerChecking ownerCheck,
        SlowHashConfig slowHash) {
    private static final int MIN_PEPPER = 32;
    private static final int MOST_FORMER = 3;

    public AuthConfig {
        trustedProxies = List.copyOf(trustedProxies);
        formerPeppers = List.copyOf(formerPeppers);
        Checks checks = new Checks("auth.")
                .that(
                        pepper == null || pepper.length() >= MIN_PEPPER,
                        "must have at least " + MIN_PEPPER + " characters",
                        "pepper")
                .that(
                        proxyCache.isZero() || proxyCache.equals(Duration.ofSeconds(1)),
                        "must be 0s or 1s: nginx counts whole seconds",
                        "proxy-cache")
                .that(
                        nextPepper == null || nextPepper.length() >= MIN_PEPPER,
                        "must have at least " + MIN_PEPPER + " characters",
                        "next-pepper")
                .that(
                        formerPeppers.stream().allMatch(former -> former.length() >= MIN_PEPPER),
                        "each must have at least " + MIN_PEPPER + " characters",
                        "former-peppers")
                .that(
                        formerPeppers.size() <= MOST_FORMER,
                        "must be no more than " + MOST_FORMER + ": each is a look-up for every unknown key",
                        "former-peppers")
                .that(
                        nextPepper == null || !nextPepper.equals(pepper),
                        "must not be the current one",
                        "next-pepper",
                        "pepper")
                .that(
                        (pepper == null || !formerPeppers.contains(pepper))
                                && (nextPepper == null || !formerPeppers.contains(nextPepper))
                                && formerPeppers.stream().distinct().count() == formerPeppers.size(),
                        "must name no pepper twice, nor the current or the next one",
                        "former-peppers",
                        "pepper",
                        "next-pepper")
                .that(!schemes.isEmpty(), "must name at least one scheme", "schemes");
        for (String network : trustedProxies) {
            String fault = network.equals(TrustedProxies.UNIX) ? null : Cidrs.fault(network);
            checks.that(fault == null, network + ": " + Objects.requireNonNullElse(fault, ""), "trusted-proxies");
        }
        checks.done();
        schemes = Collections.unmodifiableSet(EnumSet.copyOf(schemes));
    }
}
