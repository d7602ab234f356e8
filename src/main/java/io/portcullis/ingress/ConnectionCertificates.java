package io.portcullis.ingress;

import io.portcullis.auth.CertificateIdentity;
import io.portcullis.auth.Credential;
import io.portcullis.auth.Presented;
import io.vertx.core.http.HttpConnection;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.IdentityHashMap;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What connections have proved by a certificate. TLS has verified it against the authorities when the connection began, and that it is the
 * peer's own; here it is given its name, once a connection. Whose it is, and whether it counts still, the registry says for each request.
 *
 * <p>Belongs to one event loop.
 */
final class ConnectionCertificates {

    private final CertificateIdentity identity;
    private final InstantSource clock;
    private final IdentityHashMap<HttpConnection, Proved> proved = new IdentityHashMap<>();

    /** @param until milliseconds since the epoch: a connection may outlive its certificate */
    private record Proved(Presented credential, long until) {}

    ConnectionCertificates(CertificateIdentity identity, InstantSource clock) {
        this.identity = identity;
        this.clock = clock;
    }

    void opened(HttpConnection connection) {
        X509Certificate certificate = certificate(connection.sslSession());
        if (certificate != null) {
            String name = identity.nameOf(certificate);
            proved.put(
                    connection,
                    new Proved(
                            name == null ? Presented.Nothing.MALFORMED : new Credential.Certificate(name),
                            certificate.getNotAfter().toInstant().toEpochMilli()));
        }
    }

    void closed(HttpConnection connection) {
        proved.remove(connection);
    }

    /** What the connection has proved; nothing where it has no certificate, or one that names nobody or has ended. */
    Presented of(HttpConnection connection) {
        Proved found = proved.get(connection);
        if (found == null) {
            return Presented.Nothing.MISSING;
        }
        return clock.millis() <= found.until() ? found.credential() : Presented.Nothing.MALFORMED;
    }

    private static @Nullable X509Certificate certificate(@Nullable SSLSession session) {
        if (session == null) {
            return null;
        }
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate own ? own : null;
        } catch (SSLPeerUnverifiedException e) {
            // It has shown none.
            return null;
        }
    }
}
