package io.portcullis.ingress;

import io.portcullis.auth.Credentials;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The dialects by the paths they are spoken at. */
final class Dialects {

    private final Dialect plain;
    private final Dialect nginx;
    private final Dialect traefik;
    private final Dialect envoy;

    /** @param proxyCache how long nginx may go on by an allowing answer */
    Dialects(Answers answers, Credentials credentials, Duration proxyCache) {
        plain = new PlainDialect(answers);
        nginx = new NginxDialect(answers, credentials, proxyCache);
        traefik = new TraefikDialect(answers, credentials);
        envoy = new EnvoyDialect(answers, credentials);
    }

    /** For what belongs to no path of ours, or cannot be told to. */
    Dialect plain() {
        return plain;
    }

    /** The one spoken at a path; null where none is. */
    @Nullable
    Dialect at(String path) {
        return switch (path) {
            case "/auth" -> plain;
            case "/auth/nginx" -> nginx;
            case "/auth/traefik" -> traefik;
            default -> path.startsWith(EnvoyDialect.PREFIX + "/") ? envoy : null;
        };
    }
}
