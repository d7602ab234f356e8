package io.portcullis.usage;

import java.util.Map;

/**
 * A minute of one node, so far.
 *
 * @param counts by name, as {@link TrafficCounts} has them
 * @param slowestMicros the slowest request that was measured
 * @param clients the busiest, with their allowed requests
 */
record TrafficMinute(Map<String, Long> counts, long slowestMicros, Map<String, Long> clients) {

    TrafficMinute {
        counts = Map.copyOf(counts);
        clients = Map.copyOf(clients);
    }
}
