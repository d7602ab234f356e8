package io.portcullis.config;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;

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
                .service(url, token)
                .between("timeout", timeout, ofMillis(10), ofMinutes(5))
                .between("connections", connections, 1, 1000)
                .done();
    }
}
