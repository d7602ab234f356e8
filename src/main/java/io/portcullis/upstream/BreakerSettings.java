package io.portcullis.upstream;

import java.time.Duration;

/**
 * When a service is given up, and for how long. Validated when built.
 *
 * @param window how far back calls count, 100 ms to 1 h
 * @param minimumCalls so many must have ended in the window before a ratio means anything; at least 1
 * @param failureRatio of the calls in the window, above 0 and at most 1: from here on the breaker opens
 * @param openFor how long nobody is let through, 1 ms to 1 h; then one is
 */
public record BreakerSettings(Duration window, int minimumCalls, double failureRatio, Duration openFor) {

    private static final Duration SHORTEST_WINDOW = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofHours(1);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException naming the component that is out of range
     */
    public BreakerSettings {
        require(between(window, SHORTEST_WINDOW), "window must be 100 ms to 1 h");
        require(minimumCalls >= 1, "minimum-calls must be at least 1");
        require(failureRatio > 0 && failureRatio <= 1, "failure-ratio must be above 0 and at most 1");
        require(between(openFor, Duration.ofMillis(1)), "open-for must be 1 ms to 1 h");
    }

    private static boolean between(Duration time, Duration shortest) {
        return time.compareTo(shortest) >= 0 && time.compareTo(LONGEST) <= 0;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException("breaker: " + message);
        }
    }
}
