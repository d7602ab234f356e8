package io.portcullis.config;

import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Where spans go, and of how many requests.
 *
 * @param endpoint URL of an OTLP collector, path included; {@code null} for no tracing
 * @param sampleRatio of the requests that come without a decision of whoever is in front
 * @param serviceName as the collector shows it
 */
public record TracingConfig(@Nullable String endpoint, double sampleRatio, String serviceName) {
    public TracingConfig {
        new Checks("tracing.")
                .that(
                        endpoint == null || isUrl(endpoint),
                        "must be an http or https URL with host and path, without user and query",
                        "endpoint")
                .that(sampleRatio >= 0 && sampleRatio <= 1, "must be between 0 and 1", "sample-ratio")
                .that(
                        serviceName.matches("[A-Za-z0-9._-]{1,64}"),
                        "must be at most 64 letters, digits or any of . _ -",
                        "service-name")
                .done();
    }

    private static boolean isUrl(String text) {
        try {
            URI url = new URI(text);
            return ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null
                    && url.getQuery() == null
                    && url.getFragment() == null
                    && url.getPath() != null
                    && url.getPath().length() > 1;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
