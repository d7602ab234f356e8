package io.portcullis;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.portcullis.auth.ClientAddress;
import io.portcullis.auth.TrustedProxies;
import io.portcullis.config.ClientCertificates;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.ServerConfig;
import io.portcullis.config.TlsConfig;
import io.portcullis.ingress.CertificateWatch;
import io.portcullis.ingress.IngressVerticle;
import io.portcullis.ingress.OpenConnections;
import io.portcullis.ingress.RequestTimes;
import io.portcullis.ingress.ServerTls;
import io.portcullis.ingress.TlsException;
import io.portcullis.ingress.TlsFiles;
import io.portcullis.ingress.UnixSocket;
import io.portcullis.ingress.UnixSocketException;
import io.portcullis.management.HealthCheck;
import io.portcullis.registry.Authenticator;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the data plane is reached, as the configuration has it: its port, plain or by TLS, and a Unix socket beside it. Blocks as the
 * {@link Gateway} does, whose part this is.
 */
final class DataPlaneListeners {

    private static final Logger log = LoggerFactory.getLogger(DataPlaneListeners.class);

    /** How often the TLS files are looked at. */
    private static final Duration CERTIFICATE_LOOKS = Duration.ofSeconds(2);

    private final GatewayConfig config;
    private final Vertx vertx;
    private final PrometheusMeterRegistry metrics;
    private final Closings closings;
    private final @Nullable ServerTls tls;

    /**
     * Listens to nothing yet.
     *
     * @throws StartException the TLS files cannot be used: told before anything that takes time
     */
    DataPlaneListeners(GatewayConfig config, Vertx vertx, PrometheusMeterRegistry metrics, Closings closings)
            throws StartException {
        this.config = config;
        this.vertx = vertx;
        this.metrics = metrics;
        this.closings = closings;
        this.tls = tls(config.server().tls(), vertx);
    }

    /** What readiness asks of it. */
    List<HealthCheck> checks() {
        return tls == null ? List.of() : List.of(new TlsProbe(tls, Clock.systemUTC()).check());
    }

    /** From the next request on, on each event loop. */
    void use(GatewayConfig changed) {
        IngressVerticle.SETTINGS.publish(vertx.eventBus(), settings(changed));
    }

    /**
     * Listens.
     *
     * @param times hears how long requests took
     * @param instances event loops that do
     * @param draining whether answers should close their connections
     * @param listening is told the port that was taken
     */
    void open(
            Authenticator authenticator,
            LimitParts limits,
            RequestTimes times,
            int instances,
            BooleanSupplier draining,
            IntConsumer listening)
            throws StartException {
        ServerConfig server = config.server();
        UnixSocket unixSocket = unixSocket(server);
        IngressVerticle.Parts parts = new IngressVerticle.Parts(
                settings(config),
                authenticator,
                limits.limits(),
                limits.failures(),
                limits.headers(),
                metrics,
                draining,
                listening,
                server.headTimeout(),
                new OpenConnections("data", server.maxConnections(), metrics),
                tls,
                server.tls().clientCertificates() == ClientCertificates.NONE
                        ? null
                        : server.tls().clientIdentity(),
                unixSocket,
                times);
        IngressVerticle.Listener listener = new IngressVerticle.Listener(
                server.host(),
                // Vert.x takes a negative port as "any free one, the same for all instances".
                server.port() == 0 ? -1 : server.port(),
                server.idleTimeout(),
                server.drainTimeout(),
                server.maxHeadSize().toInt(),
                server.maxUriSize().toInt());
        String id = Waiting.on(
                "listening on " + server.host() + ":" + server.port(),
                vertx.deployVerticle(
                        () -> new IngressVerticle(listener, parts), new DeploymentOptions().setInstances(instances)));
        Duration limit = server.drainTimeout().plusSeconds(5);
        closings.add("data plane", () -> Waiting.on("draining the data plane", vertx.undeploy(id), limit));
        if (unixSocket != null) {
            try {
                unixSocket.publish();
            } catch (UnixSocketException e) {
                throw new StartException("server.unix-socket: " + e.getMessage(), e);
            }
            log.info("event=gateway.unix_socket path=\"{}\"", server.unixSocket());
        }
        if (tls != null) {
            watchCertificate(tls);
        }
    }

    private void watchCertificate(ServerTls secured) throws StartException {
        String id = Waiting.on(
                "watching the TLS files",
                vertx.deployVerticle(
                        new CertificateWatch(secured, CERTIFICATE_LOOKS, metrics, Clock.systemUTC()),
                        new DeploymentOptions()));
        closings.add("TLS files", () -> Waiting.on("watching the TLS files no more", vertx.undeploy(id)));
    }

    private @Nullable UnixSocket unixSocket(ServerConfig server) throws StartException {
        Path path = server.unixSocket();
        if (path == null) {
            return null;
        }
        try {
            UnixSocket socket = UnixSocket.prepare(path, server.unixSocketPermissions(), vertx);
            closings.add("Unix socket", socket);
            return socket;
        } catch (UnixSocketException e) {
            throw new StartException("server.unix-socket: " + e.getMessage(), e);
        }
    }

    private static @Nullable ServerTls tls(TlsConfig tls, Vertx vertx) throws StartException {
        if (tls.certificate() == null || tls.key() == null) {
            return null;
        }
        try {
            return ServerTls.load(
                    new TlsFiles(tls.certificate(), tls.key(), tls.clientCa()),
                    switch (tls.clientCertificates()) {
                        case NONE -> ClientAuth.NONE;
                        case REQUEST -> ClientAuth.REQUEST;
                        case REQUIRED -> ClientAuth.REQUIRED;
                    },
                    vertx);
        } catch (TlsException e) {
            throw new StartException("server.tls: " + e.getMessage(), e);
        }
    }

    private static IngressVerticle.Settings settings(GatewayConfig config) {
        return new IngressVerticle.Settings(
                config.auth().schemes(),
                new ClientAddress(
                        TrustedProxies.of(config.auth().trustedProxies()),
                        config.auth().forwardedHeader()),
                config.auth().proxyCache(),
                config.server().requestTimeout());
    }
}
