package io.portcullis.ingress;

import io.portcullis.auth.Decision;
import io.portcullis.auth.OriginalRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of front end asks, and what it makes of an answer. The decision is the same for all; a dialect sees to it that each outcome
 * reaches the caller as itself, and that what reaches the upstream is ours. Stateless; any event loop may call.
 */
interface Dialect {

    /** Sends an allowing answer. */
    void allow(HttpServerResponse response, Decision.Allowed allowed, RequestHead head, String requestId);

    /** Sends any other answer. */
    void problem(HttpServerResponse response, Problem problem, String requestId);

    /** What the peer says that its caller asked for; null where it says nothing. Whether the peer is believed is not looked at here. */
    @Nullable
    OriginalRequest original(HttpServerRequest request, RequestHead head);
}
