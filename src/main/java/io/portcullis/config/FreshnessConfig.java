package io.portcullis.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;

import java.time.Duration;

/**
 * How long a node that no longer hears of changes goes on trusting what it has.
 *
 * @param lease from the last confirmed look at the change log
 * @param grace beyond the lease, when nothing can confirm; 0 refuses at once
 */
public record FreshnessConfig(Duration lease, Duration grace) {
    public FreshnessConfig {
        new Checks("freshness.")
                .between("lease", lease, ofMillis(500), ofMinutes(5))
                .between("grace", grace, Duration.ZERO, ofHours(24))
                .done();
    }
}
