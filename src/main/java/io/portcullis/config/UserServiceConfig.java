package io.portcullis.config;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The User Service: who the users are that own clients.
 *
 * @param url what {@code /users/{id}} and {@code /health} are put behind; {@code null} for none
 * @param token what we present to it; {@code null} for none
 * @param timeout of one call
 * @param connections to it at most
 */
public record UserServiceConfig(
        @Nullable String url, @Nullable Secret token, Duration timeout, int connections) {
    public UserServiceConfig {
        new Checks("user-service.")
                .service(url, token)
                .between("timeout", timeout, ofMillis(10), ofMinutes(5))
                .between("connections", connections, 1, 1000)
                .done();
    }
}
