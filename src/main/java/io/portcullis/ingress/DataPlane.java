package io.portcullis.ingress;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.portcullis.auth.ClientAddress;
import io.portcullis.auth.Credential;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.Credentials;
import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import io.portcullis.auth.OriginalRequest;
import io.portcullis.auth.Peer;
import io.portcullis.auth.Presented;
import io.portcullis.auth.QueryCredentials;
import io.portcullis.auth.Refusal;
import io.portcullis.bus.Deadline;
import io.portcullis.ratelimit.Verdict;
import io.portcullis.registry.Authenticator;
import io.portcullis.registry.TierMeters;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Locale;
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

    /** Of so many requests that are decided at once, one is timed. A power of two. */
    private static final int TIMED_OF = 64;

    private final Authenticator authenticator;
    private final RequestLimits limits;
    private final RequestIds ids;
    private final Outcomes outcomes;
    private final TierMeters near;
    private final BooleanSupplier draining;
    private final OpenConnections connections;
    private final @Nullable ConnectionCertificates allCertificates;
    private final RequestTimes times;
    private int arrived;
    private boolean waits;
    // Replaced by the event loop itself when the configuration changes: plain fields, which cost a request nothing.
    private Credentials credentials;
    private ClientAddress addresses;
    private Dialects dialects;
    private Duration limit;
    private @Nullable ConnectionCertificates certificates;

    DataPlane(
            IngressVerticle.Settings settings,
            Authenticator authenticator,
            RequestLimits limits,
            RequestIds ids,
            Outcomes outcomes,
            TierMeters near,
            BooleanSupplier draining,
            OpenConnections connections,
            @Nullable ConnectionCertificates certificates,
            RequestTimes times) {
        this.authenticator = authenticator;
        this.limits = limits;
        this.ids = ids;
        this.outcomes = outcomes;
        this.near = near;
        this.draining = draining;
        this.connections = connections;
        this.allCertificates = certificates;
        this.times = times;
        credentials = new Credentials(settings.schemes());
        addresses = settings.addresses();
        dialects = new Dialects(new Answers(settings.schemes()), credentials, settings.proxyCache());
        limit = settings.requestTimeout();
        this.certificates = settings.schemes().contains(CredentialScheme.CERTIFICATE) ? certificates : null;
    }

    /** From the next request on. To be called on the event loop. */
    void use(IngressVerticle.Settings settings) {
        credentials = new Credentials(settings.schemes());
        addresses = settings.addresses();
        dialects = new Dialects(new Answers(settings.schemes()), credentials, settings.proxyCache());
        limit = settings.requestTimeout();
        certificates = settings.schemes().contains(CredentialScheme.CERTIFICATE) ? allCertificates : null;
    }

    /** Reads the clock for one of {@value #TIMED_OF} requests that are answered at once, and for each that waits for another tier. */
    @Override
    public void handle(HttpServerRequest request) {
        if ((arrived++ & (TIMED_OF - 1)) != 0) {
            serve(request);
            return;
        }
        long started = System.nanoTime();
        waits = false;
        serve(request);
        if (!waits) {
            times.took(System.nanoTime() - started, TIMED_OF);
        }
    }

    private void serve(HttpServerRequest request) {
        RequestHead head = new RequestHead(request);
        String requestId = ids.of(head.requestId());
        Dialect spoken = dialects.at(request.path());
        Dialect dialect = spoken == null ? dialects.plain() : spoken;
        Problem fault = RequestRules.brokenBy(request, head);
        if (fault != null) {
            refuseAndClose(request, dialect, fault, requestId);
            return;
        }
        if (draining.getAsBoolean() || head.asksToClose()) {
            closeAfterAnswer(request);
        }
        if (spoken == null) {
            problem(request, dialect, Problem.NO_SUCH_ROUTE, requestId);
        } else if (holdsKey(request.uri()) || (head.original() != null && originalHoldsKey(request, head, dialect))) {
            refuse(request, head, dialect, Refusal.CREDENTIAL_IN_QUERY, requestId);
        } else {
            authenticate(request, head, dialect, requestId);
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
        refuseAndClose(request, dialects.plain(), problem, ids.of(null));
    }

    private void authenticate(HttpServerRequest request, RequestHead head, Dialect dialect, String requestId) {
        Presented presented = head.repeatsCredential(credentials.pairsClientId())
                ? Presented.Nothing.AMBIGUOUS
                : credentials.read(head.apiKey(), head.authorization(), head.clientId());
        if (certificates != null) {
            presented = Credentials.together(presented, certificates.of(request.connection()));
        }
        if (!(presented instanceof Credential credential)) {
            refuse(request, head, dialect, refusal((Presented.Nothing) presented), requestId);
            return;
        }
        Caller caller = new Caller(request, addresses);
        Decision decision = authenticator.decideNow(credential, caller);
        if (decision != null) {
            near.hit();
            decided(request, head, dialect, decision, caller, null, requestId);
            return;
        }
        near.miss();
        Problem tooMany = limits.tooManyFailures(caller);
        if (tooMany != null) {
            refuse(request, head, dialect, Refusal.RATE_LIMITED, tooMany, requestId);
            return;
        }
        waits = true;
        Waiting since = new Waiting(Deadline.in(limit), System.nanoTime());
        authenticator
                .decide(credential, caller, since.deadline())
                .onComplete(
                        found -> {
                            limits.looked(found, caller);
                            if (!decided(request, head, dialect, found, caller, since, requestId)) {
                                took(since);
                            }
                        },
                        failure -> {
                            fail(request, dialect, failure, requestId);
                            took(since);
                        });
    }

    /** A request that waits for another tier. */
    private record Waiting(Deadline deadline, long sinceNanos) {}

    private void took(Waiting waited) {
        times.took(System.nanoTime() - waited.sinceNanos(), 1);
    }

    /**
     * Who is allowed has his limits before him.
     *
     * @param since null where it has not waited yet
     * @return whether it waits for them: then it is not answered yet
     */
    private boolean decided(
            HttpServerRequest request,
            RequestHead head,
            Dialect dialect,
            Decision decision,
            Caller caller,
            @Nullable Waiting since,
            String requestId) {
        if (!(decision instanceof Decision.Allowed allowed)) {
            Refusal refusal = ((Decision.Denied) decision).refusal();
            refuse(request, head, dialect, refusal, Problem.of(refusal), requestId);
            return false;
        }
        Verdict verdict = limits.now(allowed, caller);
        if (verdict != null) {
            answer(request, head, dialect, allowed, verdict, requestId);
            return false;
        }
        waits = true;
        Waiting waiting = since == null ? new Waiting(Deadline.in(limit), System.nanoTime()) : since;
        limits.later(allowed, caller, waiting.deadline()).onSuccess(told -> {
            answer(request, head, dialect, allowed, told, requestId);
            took(waiting);
        });
        return true;
    }

    private void answer(
            HttpServerRequest request,
            RequestHead head,
            Dialect dialect,
            Decision.Allowed allowed,
            Verdict verdict,
            String requestId) {
        boolean open = isOpen(request.response());
        if (open) {
            limits.tell(request.response().headers(), verdict);
        }
        Problem problem = RequestLimits.problem(verdict);
        if (problem == null) {
            outcomes.allowed(allowed.stale());
            if (RequestLog.on()) {
                log(request, head, dialect, "allowed", requestId);
            }
            if (open) {
                dialect.allow(request.response(), allowed, head, requestId);
            }
        } else if (verdict.kind() == Verdict.Kind.REFUSED) {
            refuse(request, head, dialect, Refusal.RATE_LIMITED, problem, requestId);
        } else {
            problem(request, dialect, problem, requestId);
        }
    }

    private void refuse(
            HttpServerRequest request, RequestHead head, Dialect dialect, Refusal refusal, String requestId) {
        refuse(request, head, dialect, refusal, Problem.of(refusal), requestId);
    }

    private void refuse(
            HttpServerRequest request,
            RequestHead head,
            Dialect dialect,
            Refusal refusal,
            Problem problem,
            String requestId) {
        outcomes.refused(refusal);
        if (RequestLog.on()) {
            log(request, head, dialect, refusal.name().toLowerCase(Locale.ROOT), requestId);
        }
        if (isOpen(request.response())) {
            dialect.problem(request.response(), problem, requestId);
        }
    }

    private void fail(HttpServerRequest request, Dialect dialect, Throwable failure, String requestId) {
        Problem problem = Problem.of(failure);
        if (problem.equals(Problem.INTERNAL_ERROR)) {
            log.error("event=request.failed request_id={}", requestId, failure);
        } else {
            log.debug("event=request.unavailable request_id={} reason=\"{}\"", requestId, failure.getMessage());
        }
        problem(request, dialect, problem, requestId);
    }

    private void problem(HttpServerRequest request, Dialect dialect, Problem problem, String requestId) {
        outcomes.problem(problem);
        if (isOpen(request.response())) {
            dialect.problem(request.response(), problem, requestId);
        }
    }

    /** What HTTP/2 brought that is no request. */
    void refuse(HttpServerRequest request, Problem problem) {
        refuseAndClose(request, dialects.plain(), problem, ids.of(null));
    }

    private void refuseAndClose(HttpServerRequest request, Dialect dialect, Problem problem, String requestId) {
        if (request.version() == HttpVersion.HTTP_2) {
            // Where the next request begins is no question there: the others on the connection go on.
            Http2Requests.endAfterAnswer(request);
        } else {
            connections.closing(Closing.INVALID_REQUEST);
            closeAfterAnswer(request);
        }
        problem(request, dialect, problem, requestId);
    }

    private static boolean holdsKey(@Nullable String uri) {
        int question = uri == null ? -1 : uri.indexOf('?');
        return question >= 0 && uri != null && QueryCredentials.in(uri.substring(question + 1));
    }

    private boolean originalHoldsKey(HttpServerRequest request, RequestHead head, Dialect dialect) {
        OriginalRequest original = believed(request, head, dialect);
        return original != null && holdsKey(original.uri());
    }

    /** What the front end says of its caller's request; null where it says nothing, or nobody has to believe it. */
    private @Nullable OriginalRequest believed(HttpServerRequest request, RequestHead head, Dialect dialect) {
        return addresses.trusts(Caller.peer(request)) ? dialect.original(request, head) : null;
    }

    private void log(HttpServerRequest request, RequestHead head, Dialect dialect, String outcome, String requestId) {
        IpAddress caller = new Caller(request, addresses).get();
        RequestLog.decided(request, believed(request, head, dialect), caller, outcome, requestId);
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
            return addresses.resolve(peer(request), () -> request.headers().getAll(addresses.header()));
        }

        static Peer peer(HttpServerRequest request) {
            SocketAddress peer = request.remoteAddress();
            if (peer == null) {
                return Peer.UNKNOWN;
            }
            if (peer.isDomainSocket()) {
                return Peer.UNIX;
            }
            String host = peer.hostAddress();
            IpAddress address = host == null ? null : IpAddress.parse(host);
            return address == null ? Peer.UNKNOWN : Peer.at(address);
        }
    }
}
