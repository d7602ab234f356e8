package io.portcullis.ratelimit;

import io.netty.util.AsciiString;

/**
 * A rule, and how answers name it. One for all limiters that have the same: what is shared stays in the processor's caches.
 *
 * @param item of {@code RateLimit-Policy} (draft-ietf-httpapi-ratelimit-headers-10 §3)
 */
record Terms(Rule rule, AsciiString item) {

    static Terms of(String policy, Rule rule) {
        return new Terms(
                rule,
                new AsciiString('"' + policy + "\";q=" + rule.quota() + ";w="
                        + Math.max(1, (rule.windowMillis() + 999) / 1000)));
    }
}
