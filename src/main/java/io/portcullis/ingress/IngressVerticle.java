package io.portcullis.ingress;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.auth.ClientAddress;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.bus.BusEvent;
import io.portcullis.bus.Deadline;
import io.portcullis.registry.Authenticator;
import io.portcullis.registry.TierMeters;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
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
     * @param requestTimeout from a request's arrival to its answer
     */
    public record Settings(Set<CredentialScheme> schemes, ClientAddress addresses, Duration requestTimeout) {}

    /** Other settings from now on: each instance takes them on its own event loop. */
    public static final BusEvent<Settings> SETTINGS = BusEvent.of("ingress.settings");

    /**
     * What all ingress verticles of a process share.
     *
     * @param patience how long a peer may take for a request head, or to read answers
     */
    public record Parts(
            Settings settings,
            Authenticator authenticator,
            MeterRegistry metrics,
            BooleanSupplier draining,
            IntConsumer listening,
            Duration patience,
            OpenConnections connections,
            @Nullable ServerTls tls) {}

    private final Listener listener;
    private final Parts parts;
    private @Nullable HttpServer server;
    private int connections;
    private @Nullable Promise<Void> settled;

    /**
     * @param parts {@code listening} is told the port that was taken, {@code draining} says when answers should close connections, {@code tls}
     *     is null for a plain port
     */
    public IngressVerticle(Listener listener, Parts parts) {
        this.listener = listener;
        this.parts = parts;
    }

    @Override
    public Future<?> start() {
        DataPlane dataPlane = new DataPlane(
                parts.settings(),
                parts.authenticator(),
                new RequestIds(new SecureRandom()),
                new Outcomes(parts.metrics()),
                TierMeters.untimed(parts.metrics(), "near"),
                parts.draining(),
                parts.connections());
        SETTINGS.listen(vertx, dataPlane::use);
        HttpServerOptions options = options(listener);
        ServerTls tls = parts.tls();
        if (tls != null) {
            tls.secure(options, listener.maxHeadSize());
        }
        RequestDecoderGuard guard = new RequestDecoderGuard(options, vertx, parts.patience(), parts.connections());
        HttpServer http = vertx.createHttpServer(options)
                .connectionHandler(connection -> {
                    guard.protect(connection);
                    Http2ControlFrames.limit(connection);
                    opened(connection);
                })
                .requestHandler(tls == null ? dataPlane : new Http2Requests(dataPlane, listener.maxUriSize()))
                .invalidRequestHandler(dataPlane::handleInvalid);
        server = http;
        return http.listen(listener.port(), listener.host()).onSuccess(listening -> {
            if (tls != null) {
                tls.serve(listening);
            }
            parts.listening().accept(listening.actualPort());
        });
    }

    /**
     * Drains: connections that are in use close with their next answer; then the rest is closed, and requests in flight have what is left
     * of the drain time.
     */
    @Override
    public Future<?> stop() {
        HttpServer http = server;
        if (http == null) {
            return Future.succeededFuture();
        }
        Deadline limit = Deadline.in(listener.drainTimeout());
        return inUseConnectionsClosed(Math.min(limit.remainingMillis(), SETTLE_LIMIT_MILLIS))
                .transform(settledOrNot -> http.shutdown(limit.remainingMillis(), TimeUnit.MILLISECONDS));
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
        connection.closeHandler(closed -> {
            connections--;
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
