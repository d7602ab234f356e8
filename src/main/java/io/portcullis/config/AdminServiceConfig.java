package io.portcullis.config;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The Admin Service: who else has these clients, and is asked for all of them by a sync.
 *
 * @param url what {@code /clients} and {@code /health} are put behind; {@code null} for none
 * @param token what we present to it; {@code null} for none
 * @param timeout of one call
 * @param connections to it at most
 */
public record AdminServiceConfig(
        @Nullable String url, @Nullable Secret token, Duration timeout, int connections) {
    public AdminServiceConfig {
        new Checks("admin-service.")
                .that(
                        url == null || isUrl(url),
                        "must be an http or https URL with a host, without user, query and fragment",
                        "url")
                .that(
                        token == null || token.reveal().matches("[A-Za-z0-9._~+/-]+=*"),
                        "must be letters, digits or ._~+/-",
                        "token")
                .between("timeout", timeout, ofMillis(10), ofMinutes(5))
                .between("connections", connections, 1, 1000)
                .done();
    }

    private static boolean isUrl(String text) {
        try {
            URI url = new URI(text);
            return ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null
                    && url.getQuery() == null
                    && url.getFragment() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
