package io.portcullis.ingress;

import io.netty.util.AsciiString;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.Decision;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Answers as they are before a dialect has its say: an allowing one says who calls, a refusing one what is the matter, and every one that
 * it is not to be stored, since the next one may differ.
 */
final class Answers {

    private static final CharSequence X_REQUEST_ID = HttpHeaders.createOptimized("X-Request-Id");
    private static final CharSequence WWW_AUTHENTICATE = HttpHeaders.createOptimized("WWW-Authenticate");
    private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
    private static final CharSequence PROBLEM_JSON = HttpHeaders.createOptimized("application/problem+json");
    private static final CharSequence ONE_SECOND = AsciiString.cached("1");

    private final CharSequence challenges;

    /** @param schemes those a caller may use, as {@code WWW-Authenticate} names them (RFC 9110 §11.6.1) */
    Answers(Set<CredentialScheme> schemes) {
        List<String> names = new ArrayList<>();
        if (schemes.contains(CredentialScheme.API_KEY)
                || schemes.contains(CredentialScheme.AUTHORIZATION_APIKEY)
                || schemes.contains(CredentialScheme.CLIENT_ID)) {
            names.add("ApiKey realm=\"portcullis\"");
        }
        if (schemes.contains(CredentialScheme.BEARER)) {
            names.add("Bearer realm=\"portcullis\"");
        }
        if (schemes.contains(CredentialScheme.BASIC)) {
            names.add("Basic realm=\"portcullis\", charset=\"UTF-8\"");
        }
        if (names.isEmpty() && schemes.contains(CredentialScheme.CERTIFICATE)) {
            // TLS asks for it, not HTTP; but RFC 9110 §15.5.2 wants a 401 to have a challenge.
            names.add("Certificate realm=\"portcullis\"");
        }
        challenges = AsciiString.cached(String.join(", ", names));
    }

    /** Sends it, with what a dialect has put into the head before. */
    void allow(HttpServerResponse response, Decision.Allowed allowed, String requestId) {
        MultiMap headers = response.headers();
        Identity.add(headers, allowed);
        headers.add(X_REQUEST_ID, requestId);
        headers.add(HttpHeaders.CACHE_CONTROL, NO_STORE);
        response.end();
    }

    /** Sends what a dialect has put into the head, which is all but the request's id. */
    void allowAsIs(HttpServerResponse response, String requestId) {
        MultiMap headers = response.headers();
        headers.add(X_REQUEST_ID, requestId);
        if (!headers.contains(HttpHeaders.CACHE_CONTROL)) {
            headers.add(HttpHeaders.CACHE_CONTROL, NO_STORE);
        }
        response.end();
    }

    /** Sends it with its own status, and its document. */
    void problem(HttpServerResponse response, Problem problem, String requestId) {
        head(response, problem, requestId);
        response.headers().add(HttpHeaders.CONTENT_TYPE, PROBLEM_JSON);
        response.setStatusCode(problem.status()).end(problem.json(requestId));
    }

    /** All of the head but the status, and the type of a document that may or may not follow. */
    void head(HttpServerResponse response, Problem problem, String requestId) {
        MultiMap headers = response.headers();
        headers.add(X_REQUEST_ID, requestId);
        headers.add(HttpHeaders.CACHE_CONTROL, NO_STORE);
        if (problem.status() == 401 && challenges.length() > 0) {
            headers.add(WWW_AUTHENTICATE, challenges);
        }
        if (problem.retryAfter() > 0) {
            headers.add(RETRY_AFTER, problem.retryAfter() == 1 ? ONE_SECOND : String.valueOf(problem.retryAfter()));
        }
    }
}
