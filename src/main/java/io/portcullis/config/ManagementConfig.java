package io.portcullis.config;

import org.jspecify.annotations.Nullable;

/**
 * The second port: health, metrics, administration.
 *
 * @param port 0 takes a free one
 * @param token what administrators present; {@code null} only in the embedded default, which makes its own
 */
public record ManagementConfig(
        String host, int port, @Nullable Secret token) {
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
                .done();
    }
}
