package io.portcullis.ingress;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.auth.CertificateIdentity;
import io.portcullis.auth.ClientAddress;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.bus.BusEvent;
import io.portcullis.bus.Deadline;
import io.portcullis.ratelimit.FailureLimit;
import io.portcullis.ratelimit.Limits;
import io.portcullis.registry.Authenticator;
import io.portcullis.registry.TierMeters;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Listens on the data plane's port; one instance for each event loop, all on the same port. */
public final class IngressVerticle extends VerticleBase {

    /** How long connections in use have, while draining, to close with their next answer; a client that asks less often is idle. */
    private static final long SETTLE_LIMIT_MILLIS = 1000;

    /**
     * How to listen.
     *
     * @param maxHeadSize of the header section, bytes
     * @param maxUriSize of the request line, bytes
     */
    public record Listener(
            String host, int port, Duration idleTimeout, Duration drainTimeout, int maxHeadSize, int maxUriSize) {}

    /**
     * What may change while the gateway runs.
     *
     * @param addresses with the proxies that are trusted
     * @param proxyCache how long nginx may go on by an allowing answer, whole seconds; zero is not at all
     * @param requestTimeout from a request's arrival to its answer
     */
    public record Settings(
            Set<CredentialScheme> schemes, ClientAddress addresses, Duration proxyCache, Duration requestTimeout) {}

    /** Other settings from now on: each instance takes them on its own event loop. */
    public static final BusEvent<Settings> SETTINGS = BusEvent.of("ingress.settings");

    /**
     * What all ingress verticles of a process share.
     *
     * @param patience how long a peer may take for a request head, or to read answers
     * @param times hears how long requests took
     * @param failures null where authentication may fail as often as it likes
     */
    public record Parts(
            Settings settings,
            Authenticator authenticator,
            Limits limits,
            @Nullable FailureLimit failures,
            LimitHeaders limitHeaders,
            MeterRegistry metrics,
            BooleanSupplier draining,
            IntConsumer listening,
            Duration patience,
            OpenConnections connections,
            @Nullable ServerTls tls,
            @Nullable CertificateIdentity certificates,
            @Nullable UnixSocket unixSocket,
            RequestTimes times) {}

    private final Listener listener;
    private final Parts parts;
    private @Nullable HttpServer server;
    private @Nullable HttpServer unixServer;
    private @Nullable ConnectionCertificates certificates;
    private int connections;
    private @Nullable Promise<Void> settled;

    /**
     * @param parts {@code listening} is told the port that was taken, {@code draining} says when answers should close connections, {@code tls}
     *     is null for a plain port, {@code certificates} is null where they are no credential,
     *     {@code unixSocket} where there is none
     */
    public IngressVerticle(Listener listener, Parts parts) {
        this.listener = listener;
        this.parts = parts;
    }

    @Override
    public Future<?> start() {
        CertificateIdentity identity = parts.certificates();
        certificates = identity == null ? null : new ConnectionCertificates(identity, Clock.systemUTC());
        DataPlane dataPlane = new DataPlane(
                parts.settings(),
                parts.authenticator(),
                new RequestLimits(parts.limits(), parts.failures(), parts.limitHeaders()),
                new RequestIds(new SecureRandom()),
                new Outcomes(parts.metrics()),
                TierMeters.untimed(parts.metrics(), "near"),
                parts.draining(),
                parts.connections(),
                certificates,
                parts.times());
        SETTINGS.listen(vertx, dataPlane::use);
        HttpServerOptions options = options(listener);
        ServerTls tls = parts.tls();
        if (tls != null) {
            tls.secure(options, listener.maxHeadSize());
        }
        server = server(
                options, tls == null ? dataPlane : new Http2Requests(dataPlane, listener.maxUriSize()), dataPlane);
        Future<?> port = server.listen(listener.port(), listener.host()).onSuccess(listening -> {
            if (tls != null) {
                tls.serve(listening);
            }
            parts.listening().accept(listening.actualPort());
        });
        UnixSocket socket = parts.unixSocket();
        if (socket == null) {
            return port;
        }
        // All instances share it, as they share the port. Who may open it is on this machine: it needs no TLS.
        unixServer = server(options(listener), dataPlane, dataPlane);
        return Future.all(port, unixServer.listen(socket.address()));
    }

    private HttpServer server(HttpServerOptions options, Handler<HttpServerRequest> requests, DataPlane dataPlane) {
        RequestDecoderGuard guard = new RequestDecoderGuard(options, vertx, parts.patience(), parts.connections());
        return vertx.createHttpServer(options)
                .connectionHandler(connection -> {
                    guard.protect(connection);
                    Http2ControlFrames.limit(connection);
                    opened(connection);
                })
                .requestHandler(requests)
                .invalidRequestHandler(dataPlane::handleInvalid);
    }

    /**
     * Drains: connections that are in use close with their next answer; then the rest is closed, and requests in flight have what is left
     * of the drain time.
     */
    @Override
    public Future<?> stop() {
        List<HttpServer> servers = Stream.of(server, unixServer)
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .toList();
        Deadline limit = Deadline.in(listener.drainTimeout());
        return inUseConnectionsClosed(Math.min(limit.remainingMillis(), SETTLE_LIMIT_MILLIS))
                .transform(settledOrNot -> Future.join(servers.stream()
                        .map(http -> http.shutdown(limit.remainingMillis(), TimeUnit.MILLISECONDS))
                        .toList()));
    }

    /** The data plane's server options, shared with the server it is measured against. */
    public static HttpServerOptions options(Listener listener) {
        return new HttpServerOptions()
                .setHttp2ClearTextEnabled(false)
                .setMaxInitialLineLength(listener.maxUriSize())
                .setMaxHeaderSize(listener.maxHeadSize())
                .setIdleTimeout((int) listener.idleTimeout().toMillis())
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    }

    private void opened(HttpConnection connection) {
        connections++;
        ConnectionCertificates kept = certificates;
        if (kept != null) {
            kept.opened(connection);
        }
        connection.closeHandler(closed -> {
            connections--;
            if (kept != null) {
                kept.closed(connection);
            }
            if (connections == 0 && settled != null) {
                settled.tryComplete();
            }
        });
    }

    private Future<Void> inUseConnectionsClosed(long limitMillis) {
        Promise<Void> promise = Promise.promise();
        settled = promise;
        if (connections == 0) {
            promise.tryComplete();
        }
        return promise.future().timeout(limitMillis, TimeUnit.MILLISECONDS);
    }
}
