package io.portcullis.config;

import io.portcullis.auth.CertificateIdentity;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * TLS on the data plane. The files themselves are read by who listens, at start and whenever they change.
 *
 * @param certificate PEM file with the server's certificate and its chain; {@code null} for a plain port
 * @param key PEM file with its private key
 * @param clientCa PEM file with those who sign clients' certificates
 * @param clientCertificates whether clients are asked for one
 * @param clientIdentity what of a client's certificate says who it is
 */
public record TlsConfig(
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable Path clientCa,
        ClientCertificates clientCertificates,
        CertificateIdentity clientIdentity) {
    public TlsConfig {
        boolean asks = clientCertificates != ClientCertificates.NONE;
        new Checks("server.tls.")
                .that(
                        certificate != null || key == null,
                        "is missing, but server.tls.key is set: set both, or neither",
                        "certificate",
                        "key")
                .that(
                        key != null || certificate == null,
                        "is missing, but server.tls.certificate is set: set both, or neither",
                        "key",
                        "certificate")
                .that(
                        certificate != null || clientCa == null,
                        "is set, but server.tls.certificate is not: the port is plain",
                        "client-ca",
                        "certificate")
                .that(
                        clientCa != null || !asks,
                        "is missing, but server.tls.client-auth asks for certificates: nobody could have signed one",
                        "client-ca",
                        "client-auth")
                .that(
                        clientCa == null || asks,
                        "is none, but server.tls.client-ca is set: use request or required",
                        "client-auth",
                        "client-ca")
                .done();
    }

    /** Whether the port speaks TLS. */
    public boolean enabled() {
        return certificate != null;
    }
}
