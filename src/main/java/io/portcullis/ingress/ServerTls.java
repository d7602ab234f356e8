package io.portcullis.ingress;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * TLS of the data plane, shared by its listeners: versions 1.2 and 1.3, suites with forward secrecy and authenticated encryption, HTTP/2 and
 * HTTP/1.1 by ALPN. The certificate may be replaced while they serve: connections that are open keep theirs, new ones get the new one.
 *
 * <p>Thread-safe.
 */
public final class ServerTls {

    private static final Set<String> VERSIONS = new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2"));

    private final TlsFiles files;
    private final ClientAuth clientAuth;
    private final AtomicReference<@Nullable HttpServer> server = new AtomicReference<>();
    private volatile TlsIdentity identity;
    private volatile @Nullable String fault;

    private ServerTls(TlsFiles files, ClientAuth clientAuth, TlsIdentity identity) {
        this.files = files;
        this.clientAuth = clientAuth;
        this.identity = identity;
    }

    /**
     * Reads the files; not for an event loop.
     *
     * @param clientAuth whether clients are asked for a certificate that one of the files' authorities has signed
     * @throws TlsException saying which file cannot be used, and why
     */
    public static ServerTls load(TlsFiles files, ClientAuth clientAuth, Vertx vertx) throws TlsException {
        return new ServerTls(files, clientAuth, TlsIdentity.of(files, files.read(), vertx));
    }

    /** When the certificate in use ends. */
    public Instant expires() {
        return identity.expires();
    }

    /** Why the files as they are now are not in use; null where they are. */
    public @Nullable String fault() {
        return fault;
    }

    TlsFiles files() {
        return files;
    }

    TlsIdentity identity() {
        return identity;
    }

    void fault(@Nullable String reason) {
        fault = reason;
    }

    /** @param maxHeadSize of one request's fields, bytes */
    void secure(HttpServerOptions options, int maxHeadSize) {
        configure(options, identity);
        Http2Limits.apply(options, maxHeadSize);
    }

    /** Told of a server that listens. One stands for all on the port: they share what new connections are greeted with. */
    void serve(HttpServer listening) {
        server.compareAndSet(null, listening);
    }

    /** From its completion on, new connections get this one. */
    Future<Void> use(TlsIdentity next) {
        HttpServer listening = server.get();
        if (listening == null) {
            return Future.failedFuture(new IllegalStateException("nothing listens yet"));
        }
        HttpServerOptions options = new HttpServerOptions();
        configure(options, next);
        return listening
                .updateSSLOptions(Objects.requireNonNull(options.getSslOptions()))
                .onSuccess(done -> identity = next)
                .mapEmpty();
    }

    private void configure(HttpServerOptions options, TlsIdentity with) {
        options.setSsl(true)
                .setKeyCertOptions(with.pair())
                .setUseAlpn(true)
                .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
                .setEnabledSecureTransportProtocols(VERSIONS);
        Http2SecurityUtil.CIPHERS.forEach(options::addEnabledCipherSuite);
        if (with.clientCa() != null) {
            options.setClientAuth(clientAuth).setTrustOptions(with.clientCa());
        }
    }
}
