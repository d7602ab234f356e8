package io.portcullis.ingress;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * TLS of the data plane, shared by its listeners: versions 1.2 and 1.3, suites with forward secrecy and authenticated encryption, HTTP/2 and
 * HTTP/1.1 by ALPN.
 */
public final class ServerTls {

    private static final Set<String> VERSIONS = new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2"));

    private final TlsIdentity identity;

    private ServerTls(TlsIdentity identity) {
        this.identity = identity;
    }

    /**
     * Reads the files; not for an event loop.
     *
     * @throws TlsException saying which file cannot be used, and why
     */
    public static ServerTls load(TlsFiles files, Vertx vertx) throws TlsException {
        return new ServerTls(TlsIdentity.of(files, files.read(), vertx));
    }

    /** @param maxHeadSize of one request's fields, bytes */
    void secure(HttpServerOptions options, int maxHeadSize) {
        options.setSsl(true)
                .setKeyCertOptions(identity.options())
                .setUseAlpn(true)
                .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
                .setEnabledSecureTransportProtocols(VERSIONS);
        Http2SecurityUtil.CIPHERS.forEach(options::addEnabledCipherSuite);
        Http2Limits.apply(options, maxHeadSize);
    }
}
