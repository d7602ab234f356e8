package io.portcullis.config;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import java.time.Duration;

/**
 * When a service that fails is left alone.
 *
 * @param window calls of so long count
 * @param minimumCalls with fewer in the window nothing is concluded
 * @param failureRatio from which part of them on it is left alone
 * @param openFor until one call is tried again
 */
public record BreakerConfig(Duration window, int minimumCalls, double failureRatio, Duration openFor) {
    public BreakerConfig {
        new Checks("breaker.")
                .between("window", window, ofSeconds(1), ofMinutes(10))
                .between("minimum-calls", minimumCalls, 1, 1_000_000)
                .that(failureRatio > 0 && failureRatio <= 1, "must be above 0, and 1 at most", "failure-ratio")
                .between("open-for", openFor, ofMillis(100), ofMinutes(10))
                .done();
    }
}
