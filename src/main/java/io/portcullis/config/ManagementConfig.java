package io.portcullis.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The second port: health, metrics, administration.
 *
 * @param port 0 takes a free one
 * @param token what administrators present; {@code null} only in the embedded default, which makes its own
 * @param certificate and {@code key}: PEM files; null for plain HTTP
 * @param insecure whether plain HTTP may be served to other machines
 */
public record ManagementConfig(
        String host,
        int port,
        @Nullable Secret token,
        @Nullable Path certificate,
        @Nullable Path key,
        boolean insecure) {
    private static final int MIN_TOKEN = 16;

    public ManagementConfig {
        new Checks("management.")
                .host("host", host)
                .port("port", port)
                // It travels as `Authorization: Bearer …`: RFC 6750 §2.1, token68.
                .that(
                        token == null || token.reveal().matches("[A-Za-z0-9._~+/-]{" + MIN_TOKEN + ",}=*"),
                        "must be at least " + MIN_TOKEN + " letters, digits or ._~+/-",
                        "token")
                .that((certificate == null) == (key == null), "both files, or neither", "tls.certificate", "tls.key")
                .that(
                        insecure || certificate != null || Hosts.isLoopback(host),
                        "must be a loopback address, unless management.tls has a certificate or management.insecure is true:"
                                + " tokens and new keys travel on this port",
                        "host")
                .done();
    }

    public boolean tls() {
        return certificate != null;
    }
}
