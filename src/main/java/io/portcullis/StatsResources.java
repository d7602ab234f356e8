package io.portcullis;

import io.portcullis.management.Resource;
import io.portcullis.usage.TrafficCounts;
import io.portcullis.usage.TrafficReader;
import io.portcullis.usage.TrafficReport;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What administrators read of the traffic: requests, how they ended, which tier knew, how long they took and whose they were, by the minute,
 * over all nodes. Counts are exact but for what a node has not written yet (ten times {@code usage.flush-every}). Latencies are those of every
 * request that asked Redis or PostgreSQL, and of one in 64 of the others: {@code "sampled": true}.
 */
final class StatsResources {

    private static final int DEFAULT_MINUTES = 60;
    private static final int MOST_MINUTES = 1_440;
    private static final int DEFAULT_TOP = 10;
    private static final int MOST_TOP = 100;

    private final TrafficReader traffic;
    private final InstantSource clock;

    StatsResources(TrafficReader traffic, InstantSource clock) {
        this.traffic = traffic;
        this.clock = clock;
    }

    List<Resource> all() {
        return List.of(new Resource("/stats", Set.of("minutes", "top"), this::stats));
    }

    private Future<Resource.Answer> stats(Map<String, String> parameters) {
        int minutes = number(parameters.get("minutes"), DEFAULT_MINUTES);
        int top = number(parameters.get("top"), DEFAULT_TOP);
        if (minutes < 1 || minutes > MOST_MINUTES) {
            return bad("minutes is 1 to " + MOST_MINUTES);
        }
        if (top < 1 || top > MOST_TOP) {
            return bad("top is 1 to " + MOST_TOP);
        }
        Instant now = clock.instant();
        Instant from = now.truncatedTo(ChronoUnit.MINUTES).minus(minutes - 1, ChronoUnit.MINUTES);
        return traffic.read(from, now, top)
                .transform(read -> Future.succeededFuture(
                        read.succeeded() ? new Resource.Body(json(from, now, read.result())) : unavailable()));
    }

    private static JsonObject json(Instant from, Instant to, TrafficReport report) {
        JsonArray minutes = new JsonArray();
        TrafficCounts totals = TrafficCounts.NONE;
        for (TrafficReport.Minute minute : report.minutes()) {
            minutes.add(
                    new JsonObject().put("minute", minute.minute().toString()).mergeIn(json(minute.counts())));
            totals = totals.plus(minute.counts());
        }
        JsonArray busiest = new JsonArray();
        report.busiest()
                .forEach(client -> busiest.add(new JsonObject()
                        .put("client_id", client.clientId())
                        .put("client_code", client.clientCode())
                        .put("tenant_id", client.tenantId())
                        .put("requests", client.requests())));
        return new JsonObject()
                .put("from", from.toString())
                .put("to", to.toString())
                .put("nodes", report.nodes())
                .put("sampled", true)
                .put("totals", json(totals))
                .put("top_clients", busiest)
                .put("minutes", minutes);
    }

    private static JsonObject json(TrafficCounts counts) {
        return new JsonObject()
                .put("requests", counts.requests())
                .put("outcomes", counts(counts.outcomes()))
                .put("tiers", counts(counts.tiers()))
                .put(
                        "latency_ms",
                        new JsonObject()
                                .put("p50", counts.percentileMillis(0.50))
                                .put("p90", counts.percentileMillis(0.90))
                                .put("p99", counts.percentileMillis(0.99))
                                .put("max", counts.slowestMillis()));
    }

    private static JsonObject counts(Map<String, Long> counts) {
        JsonObject json = new JsonObject();
        counts.forEach(json::put);
        return json;
    }

    private static Resource.Answer unavailable() {
        return new Resource.Problem(503, 65011, "Database error", "PostgreSQL does not answer", new JsonObject());
    }

    private static Future<Resource.Answer> bad(String detail) {
        return Future.succeededFuture(Resource.Problem.badRequest(detail));
    }

    /** -1, which nothing may be, for what is no number. */
    private static int number(@Nullable String text, int otherwise) {
        try {
            return text == null ? otherwise : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
