package io.portcullis.usage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;

/** What the process has counted since its start anyway, read from its meters: a request is not counted twice for being looked at twice. */
final class TrafficMeters {

    private final MeterRegistry meters;

    TrafficMeters(MeterRegistry meters) {
        this.meters = meters;
    }

    /** By name, as {@link TrafficCounts} has them; they only grow. */
    Map<String, Long> read() {
        Map<String, Long> counts = new HashMap<>();
        for (Counter counter : meters.find("auth_requests").counters()) {
            counts.put(TrafficCounts.OUTCOME + counter.getId().getTag("outcome"), (long) counter.count());
        }
        for (Counter counter : meters.find("registry_lookups").counters()) {
            counts.put(
                    TrafficCounts.TIER + counter.getId().getTag("tier") + "_"
                            + counter.getId().getTag("result"),
                    (long) counter.count());
        }
        return counts;
    }
}
