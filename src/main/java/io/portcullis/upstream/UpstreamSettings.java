package io.portcullis.upstream;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a service is and what it may cost to ask it. Validated when built; {@link #toString()} shows no token.
 *
 * @param name of the service in logs and metrics: lower-case letters, digits and hyphens
 * @param baseUrl http or https with a host, and a path that is put before each request's; no user, query or fragment
 * @param token sent as {@code Authorization: Bearer}; null for none
 * @param timeout the longest that one attempt takes, the wait for a connection included; 1 ms to 10 min. Where callers' deadlines are below
 *     half of it, a service that hangs is not found out
 * @param connections open at once at most; what is more waits, and of those so many that it is plain that they wait in vain fail
 * @param maxBodyBytes of an answer; a larger one is refused while it comes
 * @param breaker when it is left alone
 */
public record UpstreamSettings(
        String name,
        URI baseUrl,
        @Nullable String token,
        Duration timeout,
        int connections,
        int maxBodyBytes,
        BreakerSettings breaker) {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException naming the component that is out of range, never its value
     */
    public UpstreamSettings {
        require(name.matches("[a-z][a-z0-9-]{0,62}"), "name must be lower-case letters, digits and hyphens");
        require(isBase(baseUrl), "base-url must be http or https with a host and no user, query or fragment");
        // RFC 6750 §2.1; anything else could end the header.
        require(token == null || token.matches("[A-Za-z0-9._~+/-]+=*"), "token must be a bearer token");
        require(timeout.toMillis() >= 1 && timeout.compareTo(LONGEST) <= 0, "timeout must be 1 ms to 10 min");
        require(connections >= 1, "connections must be at least 1");
        require(maxBodyBytes >= 1, "max-body-bytes must be at least 1");
    }

    private static boolean isBase(URI url) {
        String scheme = url.getScheme();
        return ("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))
                && url.getHost() != null
                && url.getRawUserInfo() == null
                && url.getRawQuery() == null
                && url.getRawFragment() == null;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException("upstream: " + message);
        }
    }

    boolean tls() {
        return "https".equalsIgnoreCase(baseUrl.getScheme());
    }

    /** As the resolver wants it: an IPv6 address without its brackets. */
    String host() {
        String host = baseUrl.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    int port() {
        return baseUrl.getPort() >= 0 ? baseUrl.getPort() : tls() ? 443 : 80;
    }

    /** What is put before each path; empty or beginning with a slash, and never ending in one. */
    String pathPrefix() {
        String path = baseUrl.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    @Override
    public String toString() {
        return "UpstreamSettings[name=" + name + ", baseUrl=" + baseUrl + ", timeout=" + timeout + ", connections="
                + connections + ", maxBodyBytes=" + maxBodyBytes + ", breaker=" + breaker + "]";
    }
}
