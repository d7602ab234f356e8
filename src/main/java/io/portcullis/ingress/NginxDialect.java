package io.portcullis.ingress;

import io.portcullis.auth.Credentials;
import io.portcullis.auth.Decision;
import io.portcullis.auth.OriginalRequest;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * nginx's {@code auth_request}, which knows 2xx, 401 and 403, makes 500 of all else and reads no body. Every other status becomes 403, and the
 * headers say what it was; the shipped file answers the caller with it: {@code X-Auth-Status} is the status, {@code X-Auth-Reason} the code,
 * {@code X-Auth-Problem} the whole document.
 */
final class NginxDialect implements Dialect {

    private static final CharSequence X_AUTH_STATUS = HttpHeaders.createOptimized("X-Auth-Status");
    private static final CharSequence X_AUTH_REASON = HttpHeaders.createOptimized("X-Auth-Reason");
    private static final CharSequence X_AUTH_PROBLEM = HttpHeaders.createOptimized("X-Auth-Problem");
    private static final CharSequence X_AUTH_PASS = HttpHeaders.createOptimized("X-Auth-Pass");
    private static final CharSequence AUTHORIZATION = HttpHeaders.createOptimized("authorization");
    private static final CharSequence X_ACCEL_EXPIRES = HttpHeaders.createOptimized("X-Accel-Expires");
    private static final CharSequence WHAT_DECIDES =
            HttpHeaders.createOptimized("X-API-Key, X-Client-Id, Authorization, X-Forwarded-For");

    private final Answers answers;
    private final Credentials credentials;
    private final @Nullable String cacheSeconds;
    private final String cacheControl;

    /** @param proxyCache how long nginx may go on by an allowing answer, whole seconds; zero is not at all */
    NginxDialect(Answers answers, Credentials credentials, Duration proxyCache) {
        this.answers = answers;
        this.credentials = credentials;
        this.cacheSeconds = proxyCache.isZero() ? null : String.valueOf(proxyCache.toSeconds());
        this.cacheControl = "private, max-age=" + proxyCache.toSeconds();
    }

    @Override
    public void allow(HttpServerResponse response, Decision.Allowed allowed, RequestHead head, String requestId) {
        MultiMap headers = response.headers();
        Identity.add(headers, allowed);
        String authorization = head.authorization();
        if (authorization != null && !credentials.isOurs(authorization)) {
            // Not the value itself: a token of many kilobytes would need a buffer of that size for every answer.
            headers.add(X_AUTH_PASS, AUTHORIZATION);
        }
        if (cacheSeconds != null && !allowed.stale()) {
            // In this order: nginx before 1.23 goes by the first of the two that it meets.
            headers.add(X_ACCEL_EXPIRES, cacheSeconds);
            headers.add(HttpHeaders.CACHE_CONTROL, cacheControl);
            headers.add(HttpHeaders.VARY, WHAT_DECIDES);
        }
        answers.allowAsIs(response, requestId);
    }

    @Override
    public void problem(HttpServerResponse response, Problem problem, String requestId) {
        MultiMap headers = response.headers();
        headers.add(X_AUTH_STATUS, String.valueOf(problem.status()));
        headers.add(X_AUTH_REASON, String.valueOf(problem.code()));
        headers.add(X_AUTH_PROBLEM, problem.json(requestId));
        answers.head(response, problem, requestId);
        // No body: nginx would not read it, and close the connection for that it was left.
        response.setStatusCode(problem.status() == 401 ? 401 : 403).end();
    }

    @Override
    public @Nullable OriginalRequest original(HttpServerRequest request, RequestHead head) {
        OriginalHeaders original = head.original();
        return original == null ? null : original.original();
    }
}
