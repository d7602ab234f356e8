package io.portcullis.usage;

import io.portcullis.usage.TrafficReport.ClientTraffic;
import io.portcullis.usage.TrafficReport.Minute;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Reads the traffic of all nodes from PostgreSQL, where they write it. Thread-safe. */
public final class TrafficReader {

    private final SqlClient postgres;
    private final Duration limit;

    /**
     * Reads over these connections.
     *
     * @param postgres whose other queries may wait for this one
     * @param limit after which PostgreSQL counts as away
     */
    public TrafficReader(SqlClient postgres, Duration limit) {
        this.postgres = postgres;
        this.limit = limit;
    }

    /**
     * The minutes from that one to that one, both included.
     *
     * @param top how many of the busiest clients
     */
    public Future<TrafficReport> read(Instant from, Instant to, int top) {
        Tuple minutes = Tuple.of(from.atOffset(ZoneOffset.UTC), to.atOffset(ZoneOffset.UTC));
        return postgres.preparedQuery(UsageSql.READ)
                .execute(minutes)
                .compose(counted -> postgres.preparedQuery(UsageSql.READ_CLIENTS)
                        .execute(Tuple.of(minutes.getValue(0), minutes.getValue(1), top))
                        .map(clients -> report(counted, clients)))
                .timeout(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static TrafficReport report(RowSet<Row> counted, RowSet<Row> clients) {
        List<Minute> minutes = new ArrayList<>();
        int nodes = 0;
        for (Row row : counted) {
            nodes = row.getInteger("nodes");
            minutes.add(new Minute(
                    row.getOffsetDateTime("minute").toInstant(),
                    new TrafficCounts(counts(row.getJsonObject("counts")), row.getLong("slowest_us"))));
        }
        List<ClientTraffic> busiest = new ArrayList<>();
        for (Row row : clients) {
            busiest.add(new ClientTraffic(
                    row.getString("client_id"),
                    row.getString("client_code"),
                    row.getString("tenant_id"),
                    row.getLong("requests")));
        }
        return new TrafficReport(minutes, busiest, nodes);
    }

    private static Map<String, Long> counts(JsonObject json) {
        Map<String, Long> counts = new HashMap<>();
        json.fieldNames().forEach(name -> counts.put(name, json.getLong(name)));
        return counts;
    }
}
