package io.portcullis.ingress;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.portcullis.auth.ClientAddress;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Credentials;
import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.Presented;
import io.portcullis.auth.Refusal;
import io.portcullis.bus.Deadline;
import io.portcullis.registry.Authenticator;
import io.portcullis.registry.TierMeters;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of one event loop. A bare handler with a switch on the path: a router would cost more than the decision.
 *
 * <p>Belongs to one event loop.
 */
final class DataPlane implements Handler<HttpServerRequest> {

    private static final Logger log = LoggerFactory.getLogger(DataPlane.class);

    private final Credentials credentials;
    private final Authenticator authenticator;
    private final ClientAddress addresses;
    private final Answers answers;
    private final RequestIds ids;
    private final Outcomes outcomes;
    private final TierMeters near;
    private final Duration limit;
    private final BooleanSupplier draining;
    private final OpenConnections connections;
    private final @Nullable ConnectionCertificates certificates;

    DataPlane(
            Credentials credentials,
            Authenticator authenticator,
            ClientAddress addresses,
            Answers answers,
            RequestIds ids,
            Outcomes outcomes,
            TierMeters near,
            Duration limit,
            BooleanSupplier draining,
            OpenConnections connections,
            @Nullable ConnectionCertificates certificates) {
        this.credentials = credentials;
        this.authenticator = authenticator;
        this.addresses = addresses;
        this.answers = answers;
        this.ids = ids;
        this.outcomes = outcomes;
        this.near = near;
        this.limit = limit;
        this.draining = draining;
        this.connections = connections;
        this.certificates = certificates;
    }

    @Override
    public void handle(HttpServerRequest request) {
        RequestHead head = new RequestHead(request);
        String requestId = ids.of(head.requestId());
        Problem fault = RequestRules.brokenBy(request, head);
        if (fault != null) {
            refuseAndClose(request, fault, requestId);
            return;
        }
        if (draining.getAsBoolean() || head.asksToClose()) {
            closeAfterAnswer(request);
        }
        switch (request.path()) {
            case "/auth" -> authenticate(request, head, requestId);
            default -> problem(request, Problem.NO_SUCH_ROUTE, requestId);
        }
    }

    /** What Vert.x could not read as a request (RFC 9112 §2.2): where the next one begins is unknown, so the connection ends. */
    void handleInvalid(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        Problem problem = Problem.INVALID_REQUEST;
        if (cause instanceof TooLongHttpLineException) {
            problem = Problem.URI_TOO_LONG;
        } else if (cause instanceof TooLongHttpHeaderException) {
            problem = Problem.HEADERS_TOO_LARGE;
        }
        refuseAndClose(request, problem, ids.of(null));
    }

    private void authenticate(HttpServerRequest request, RequestHead head, String requestId) {
        Presented presented = head.repeatsCredential()
                ? Presented.Nothing.AMBIGUOUS
                : credentials.read(head.apiKey(), head.authorization());
        if (certificates != null) {
            presented = Credentials.together(presented, certificates.of(request.connection()));
        }
        if (!(presented instanceof Credential credential)) {
            refuse(request, refusal((Presented.Nothing) presented), requestId);
            return;
        }
        Caller caller = new Caller(request, addresses);
        Decision decision = authenticator.decideNow(credential, caller);
        if (decision != null) {
            near.hit();
            answer(request, decision, requestId);
            return;
        }
        near.miss();
        authenticator
                .decide(credential, caller, Deadline.in(limit))
                .onComplete(found -> answer(request, found, requestId), failure -> fail(request, failure, requestId));
    }

    private void answer(HttpServerRequest request, Decision decision, String requestId) {
        if (decision instanceof Decision.Allowed allowed) {
            outcomes.allowed(allowed.stale());
            if (isOpen(request.response())) {
                answers.allow(request.response(), allowed, requestId);
            }
        } else {
            refuse(request, ((Decision.Denied) decision).refusal(), requestId);
        }
    }

    private void refuse(HttpServerRequest request, Refusal refusal, String requestId) {
        outcomes.refused(refusal);
        if (isOpen(request.response())) {
            answers.problem(request.response(), Problem.of(refusal), requestId);
        }
    }

    private void fail(HttpServerRequest request, Throwable failure, String requestId) {
        Problem problem = Problem.of(failure);
        if (problem.equals(Problem.INTERNAL_ERROR)) {
            log.error("event=request.failed request_id={}", requestId, failure);
        } else {
            log.debug("event=request.unavailable request_id={} reason=\"{}\"", requestId, failure.getMessage());
        }
        problem(request, problem, requestId);
    }

    private void problem(HttpServerRequest request, Problem problem, String requestId) {
        outcomes.problem(problem);
        if (isOpen(request.response())) {
            answers.problem(request.response(), problem, requestId);
        }
    }

    /** What HTTP/2 brought that is no request. */
    void refuse(HttpServerRequest request, Problem problem) {
        refuseAndClose(request, problem, ids.of(null));
    }

    private void refuseAndClose(HttpServerRequest request, Problem problem, String requestId) {
        if (request.version() == HttpVersion.HTTP_2) {
            // Where the next request begins is no question there: the others on the connection go on.
            Http2Requests.endAfterAnswer(request);
        } else {
            connections.closing(Closing.INVALID_REQUEST);
            closeAfterAnswer(request);
        }
        problem(request, problem, requestId);
    }

    private static void closeAfterAnswer(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            Http2Requests.closeAfterAnswers(request.connection());
            return;
        }
        RequestDecoderGuard.end(request.connection());
        HttpServerResponse response = request.response();
        // Not before: Vert.x writes keep-alive over it where an HTTP/1.0 caller asked for that.
        response.headersEndHandler(written -> response.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE));
        response.endHandler(ended -> request.connection().close());
    }

    private static boolean isOpen(HttpServerResponse response) {
        return !response.closed() && !response.ended();
    }

    private static Refusal refusal(Presented.Nothing nothing) {
        return switch (nothing) {
            case MISSING -> Refusal.MISSING_CREDENTIALS;
            case AMBIGUOUS -> Refusal.AMBIGUOUS_CREDENTIALS;
            case MALFORMED -> Refusal.INVALID_CREDENTIALS;
        };
    }

    /** Where the call comes from, worked out when somebody asks. */
    private record Caller(HttpServerRequest request, ClientAddress addresses) implements Supplier<@Nullable IpAddress> {

        @Override
        public @Nullable IpAddress get() {
            SocketAddress peer = request.remoteAddress();
            String host = peer == null ? null : peer.hostAddress();
            IpAddress address = host == null ? null : IpAddress.parse(host);
            return addresses.resolve(address, () -> request.headers().getAll("X-Forwarded-For"));
        }
    }
}
