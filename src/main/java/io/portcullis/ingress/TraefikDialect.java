package io.portcullis.ingress;

import io.portcullis.auth.Credentials;
import io.portcullis.auth.Decision;
import io.portcullis.auth.OriginalRequest;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/**
 * Traefik's {@code forwardAuth}, Caddy's {@code forward_auth}, and HAProxy with our script: statuses as they are, and on an allow the request
 * goes on with those headers of the answer that the front end's configuration lists. So the answer has every name, empty where there is no
 * value, lest the caller's own header stay; and {@code Authorization} as it is to go on: the end user's, or empty where it was ours.
 */
final class TraefikDialect implements Dialect {

    private final Answers answers;
    private final Credentials credentials;

    TraefikDialect(Answers answers, Credentials credentials) {
        this.answers = answers;
        this.credentials = credentials;
    }

    @Override
    public void allow(HttpServerResponse response, Decision.Allowed allowed, RequestHead head, String requestId) {
        MultiMap headers = response.headers();
        Identity.addAll(headers, allowed);
        String authorization = head.authorization();
        boolean endUsers = authorization != null && !credentials.isOurs(authorization);
        headers.add(HttpHeaders.AUTHORIZATION, endUsers ? authorization : "");
        answers.allowAsIs(response, requestId);
    }

    @Override
    public void problem(HttpServerResponse response, Problem problem, String requestId) {
        answers.problem(response, problem, requestId);
    }

    @Override
    public @Nullable OriginalRequest original(HttpServerRequest request, RequestHead head) {
        OriginalHeaders original = head.original();
        return original == null ? null : original.forwarded();
    }
}
