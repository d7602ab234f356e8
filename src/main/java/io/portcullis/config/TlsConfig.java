package io.portcullis.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * TLS on the data plane. The files themselves are read by who listens, at start and whenever they change.
 *
 * @param certificate PEM file with the server's certificate and its chain; {@code null} for a plain port
 * @param key PEM file with its private key
 */
public record TlsConfig(
        @Nullable Path certificate, @Nullable Path key) {
    public TlsConfig {
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
                .done();
    }

    /** Whether the port speaks TLS. */
    public boolean enabled() {
        return certificate != null;
    }
}
