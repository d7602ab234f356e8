package io.portcullis.ingress;

import io.portcullis.ratelimit.Verdict;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;

/** How limits stand, as headers. The same in every dialect: what of them reaches the caller is the front end's file to say. */
public enum LimitHeaders {
    /** {@code RateLimit} and {@code RateLimit-Policy} (draft-ietf-httpapi-ratelimit-headers-10). */
    IETF,
    /** And {@code X-RateLimit-Limit}, {@code -Remaining}, {@code -Reset} (seconds from now), of the limit that stands tightest. */
    BOTH,
    NONE;

    private static final CharSequence RATE_LIMIT = HttpHeaders.createOptimized("RateLimit");
    private static final CharSequence RATE_LIMIT_POLICY = HttpHeaders.createOptimized("RateLimit-Policy");
    private static final CharSequence LIMIT = HttpHeaders.createOptimized("X-RateLimit-Limit");
    private static final CharSequence REMAINING = HttpHeaders.createOptimized("X-RateLimit-Remaining");
    private static final CharSequence RESET = HttpHeaders.createOptimized("X-RateLimit-Reset");

    void add(MultiMap headers, Verdict verdict) {
        if (this == NONE || !verdict.isLimited()) {
            return;
        }
        headers.add(RATE_LIMIT_POLICY, verdict.policyField());
        headers.add(RATE_LIMIT, verdict.limitField());
        if (this == BOTH) {
            headers.add(LIMIT, String.valueOf(verdict.quota()));
            headers.add(REMAINING, String.valueOf(verdict.remaining()));
            headers.add(RESET, String.valueOf(verdict.resetSeconds()));
        }
    }
}
