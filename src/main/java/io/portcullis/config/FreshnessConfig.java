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
 * @param logAge how long the change log is kept
 * @param logChanges how many changes of it are kept at most
 */
public record FreshnessConfig(Duration lease, Duration grace, Duration logAge, int logChanges) {
    public FreshnessConfig {
        new Checks("freshness.")
                .between("lease", lease, ofMillis(500), ofMinutes(5))
                .between("grace", grace, Duration.ZERO, ofHours(24))
                .between("log-age", logAge, ofMinutes(10), ofHours(8760))
                .between("log-changes", logChanges, 10_000, 100_000_000)
                .done();
    }
}
