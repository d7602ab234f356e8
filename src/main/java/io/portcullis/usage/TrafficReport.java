package io.portcullis.usage;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The traffic of all nodes.
 *
 * @param minutes those in which something was counted, oldest first
 * @param busiest clients, the busiest first
 * @param nodes how many have counted something
 */
public record TrafficReport(List<Minute> minutes, List<ClientTraffic> busiest, int nodes) {

    /** @param minute its beginning */
    public record Minute(Instant minute, TrafficCounts counts) {}

    /**
     * A client's allowed requests, in the minutes in which it was among the {@value Traffic#MOST_CLIENTS} busiest of a node.
     *
     * @param clientCode null also where the client is gone
     * @param tenantId null also where the client is gone
     */
    public record ClientTraffic(
            String clientId,
            @Nullable String clientCode,
            @Nullable String tenantId,
            long requests) {}

    public TrafficReport {
        minutes = List.copyOf(minutes);
        busiest = List.copyOf(busiest);
    }
}
