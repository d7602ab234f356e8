package io.portcullis.ingress;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** What a request may not be, whatever protocol it came by, since two readers could take it for two different things. */
final class RequestRules {

    private RequestRules() {}

    /** @return what the caller is told before the connection is closed, or null */
    static @Nullable Problem brokenBy(HttpServerRequest request, RequestHead head) {
        HttpMethod method = request.method();
        if (method.equals(HttpMethod.TRACE) || method.equals(HttpMethod.CONNECT)) {
            // Neither makes sense of an origin that answers for itself (RFC 9110 §9.3.6, §9.3.8).
            return Problem.NOT_IMPLEMENTED;
        }
        if (head.announcesBody() || !isOriginForm(request.uri()) || !hasItsHost(request.version(), head)) {
            return Problem.INVALID_REQUEST;
        }
        return null;
    }

    /** A path and perhaps a query. The other forms are for proxies (RFC 9112 §3.2), and name a host a second time. */
    private static boolean isOriginForm(@Nullable String target) {
        return target != null && !target.isEmpty() && target.charAt(0) == '/';
    }

    /** HTTP/1.1 has one (RFC 9112 §3.2), HTTP/1.0 may; in HTTP/2 :authority says the same. */
    private static boolean hasItsHost(HttpVersion version, RequestHead head) {
        return switch (head.hosts()) {
            case 0 -> version != HttpVersion.HTTP_1_1;
            case 1 -> head.isHostValid();
            default -> false;
        };
    }
}
