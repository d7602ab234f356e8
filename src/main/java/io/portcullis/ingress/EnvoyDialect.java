package io.portcullis.ingress;

import io.portcullis.auth.Credentials;
import io.portcullis.auth.Decision;
import io.portcullis.auth.OriginalRequest;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import java.util.List;

/**
 * Envoy's {@code ext_authz} over HTTP: it asks with the caller's own method, and the caller's path behind a prefix. On an allow it sets the
 * listed headers of the answer and keeps the caller's where the answer has none; {@code x-envoy-auth-headers-to-remove} names what must not
 * go on: the credentials, and identity that has no value.
 */
final class EnvoyDialect implements Dialect {

    /** What stands before the caller's own path. */
    static final String PREFIX = "/auth/envoy";

    private static final CharSequence HEADERS_TO_REMOVE = HttpHeaders.createOptimized("x-envoy-auth-headers-to-remove");
    private static final String CREDENTIAL = "x-api-key";

    private final Answers answers;
    private final Credentials credentials;

    EnvoyDialect(Answers answers, Credentials credentials) {
        this.answers = answers;
        this.credentials = credentials;
    }

    @Override
    public void allow(HttpServerResponse response, Decision.Allowed allowed, RequestHead head, String requestId) {
        MultiMap headers = response.headers();
        List<CharSequence> absent = Identity.addAll(headers, allowed);
        StringBuilder remove = new StringBuilder(CREDENTIAL);
        String authorization = head.authorization();
        if (authorization != null && credentials.isOurs(authorization)) {
            remove.append(',').append(HttpHeaders.AUTHORIZATION);
        }
        for (CharSequence name : absent) {
            remove.append(',').append(name);
        }
        headers.add(HEADERS_TO_REMOVE, remove.toString());
        answers.allowAsIs(response, requestId);
    }

    @Override
    public void problem(HttpServerResponse response, Problem problem, String requestId) {
        answers.problem(response, problem, requestId);
    }

    @Override
    public OriginalRequest original(HttpServerRequest request, RequestHead head) {
        OriginalHeaders forwarded = head.original();
        HostAndPort host = request.authority();
        return new OriginalRequest(
                request.method().name(),
                request.uri().substring(PREFIX.length()),
                host == null ? null : host.toString(),
                forwarded == null ? null : forwarded.forwarded().scheme());
    }
}
