package io.portcullis.ingress;

import io.netty.util.AsciiString;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.Decision;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes answers in the plain dialect: status and headers as they are. An allowing answer carries who calls; every answer says that it is
 * not to be stored, since the next one may differ.
 */
final class Answers {

    private static final CharSequence X_CLIENT_ID = HttpHeaders.createOptimized("X-Client-Id");
    private static final CharSequence X_CLIENT_CODE = HttpHeaders.createOptimized("X-Client-Code");
    private static final CharSequence X_TENANT_ID = HttpHeaders.createOptimized("X-Tenant-Id");
    private static final CharSequence X_USER_ID = HttpHeaders.createOptimized("X-User-Id");
    private static final CharSequence X_KEY_ID = HttpHeaders.createOptimized("X-Key-Id");
    private static final CharSequence X_SCOPES = HttpHeaders.createOptimized("X-Scopes");
    private static final CharSequence X_BAP_ID = HttpHeaders.createOptimized("X-Bap-Id");
    private static final CharSequence X_BAP_URI = HttpHeaders.createOptimized("X-Bap-Uri");
    private static final CharSequence X_REQUEST_ID = HttpHeaders.createOptimized("X-Request-Id");
    private static final CharSequence X_AUTH_STALE = HttpHeaders.createOptimized("X-Auth-Stale");
    private static final CharSequence WWW_AUTHENTICATE = HttpHeaders.createOptimized("WWW-Authenticate");
    private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
    private static final CharSequence PROBLEM_JSON = HttpHeaders.createOptimized("application/problem+json");
    private static final CharSequence TRUE = AsciiString.cached("true");
    private static final CharSequence ONE_SECOND = AsciiString.cached("1");

    private final CharSequence challenges;

    /** @param schemes those a caller may use, as {@code WWW-Authenticate} names them (RFC 9110 §11.6.1) */
    Answers(Set<CredentialScheme> schemes) {
        List<String> names = new ArrayList<>();
        if (schemes.contains(CredentialScheme.API_KEY) || schemes.contains(CredentialScheme.AUTHORIZATION_APIKEY)) {
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

    void allow(HttpServerResponse response, Decision.Allowed allowed, String requestId) {
        Client client = allowed.client();
        ClientKey key = allowed.key();
        MultiMap headers = response.headers();
        headers.add(X_CLIENT_ID, client.clientId());
        add(headers, X_CLIENT_CODE, client.clientCode());
        add(headers, X_TENANT_ID, client.tenantId());
        add(headers, X_USER_ID, client.ownerUserId());
        if (key != null) {
            headers.add(X_KEY_ID, key.keyId());
        }
        add(headers, X_SCOPES, key != null && key.scopesText() != null ? key.scopesText() : client.scopesText());
        add(headers, X_BAP_ID, client.bapId());
        add(headers, X_BAP_URI, client.bapUri());
        headers.add(X_REQUEST_ID, requestId);
        headers.add(HttpHeaders.CACHE_CONTROL, NO_STORE);
        if (allowed.stale()) {
            headers.add(X_AUTH_STALE, TRUE);
        }
        response.end();
    }

    void problem(HttpServerResponse response, Problem problem, String requestId) {
        MultiMap headers = response.headers();
        headers.add(HttpHeaders.CONTENT_TYPE, PROBLEM_JSON);
        headers.add(X_REQUEST_ID, requestId);
        headers.add(HttpHeaders.CACHE_CONTROL, NO_STORE);
        if (problem.status() == 401 && challenges.length() > 0) {
            headers.add(WWW_AUTHENTICATE, challenges);
        }
        if (problem.status() == 503) {
            headers.add(RETRY_AFTER, ONE_SECOND);
        }
        response.setStatusCode(problem.status()).end(problem.json(requestId));
    }

    private static void add(MultiMap headers, CharSequence name, @Nullable String value) {
        if (value != null) {
            headers.add(name, value);
        }
    }
}
