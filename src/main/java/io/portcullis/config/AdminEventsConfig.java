package io.portcullis.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;

import java.time.Duration;

/**
 * The Admin Service's events, as they come on a Redis stream.
 *
 * @param stream its whole name
 * @param group consumer group of all nodes
 * @param batch events in one transaction at most
 * @param claimAfter what another node has taken and not settled for so long is taken over
 * @param tries after so many an event that fails goes to the dead letters
 */
public record AdminEventsConfig(String stream, String group, int batch, Duration claimAfter, int tries) {
    public AdminEventsConfig {
        new Checks("admin-events.")
                .that(isName(stream), "must be at most 200 visible characters", "stream")
                .that(isName(group), "must be at most 200 visible characters", "group")
                .between("batch", batch, 1, 1000)
                .between("claim-after", claimAfter, ofMillis(100), ofHours(1))
                .between("tries", tries, 1, 100)
                .done();
    }

    private static boolean isName(String text) {
        return text.matches("[!-~]{1,200}");
    }
}
