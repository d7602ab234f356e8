package io.portcullis.usage;

import io.portcullis.cache.WriteBehind;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * This node's traffic, minute by minute. What was counted between two samples belongs to the minute of the second one.
 *
 * <p>One thread at a time.
 */
final class Traffic {

    /** Of the clients of a minute so many are kept, the busiest. */
    static final int MOST_CLIENTS = 20;

    /** Minutes that are held while they cannot be written: as many as are kept where they go. */
    private static final int MOST_MINUTES = 1_440;

    private static final int BATCH = 60;

    private final Supplier<Map<String, Long>> meters;
    private final LatencyHistogram latency;
    private final int mostClients;
    private final InstantSource clock;
    private final WriteBehind<Instant, TrafficMinute> behind;

    private Map<String, Long> seen = Map.of();
    private Instant minute;
    private boolean changed;
    private final Map<String, Long> counts = new HashMap<>();
    private final Map<String, Long> clients = new HashMap<>();
    private long slowestMicros;

    /**
     * Begins with what was counted before it.
     *
     * @param meters what has been counted since the process began, by name
     * @param mostClients that are told apart within a minute; the requests of others count, but not as theirs
     */
    Traffic(
            Supplier<Map<String, Long>> meters,
            LatencyHistogram latency,
            int mostClients,
            InstantSource clock,
            WriteBehind.Sink<Instant, TrafficMinute> sink) {
        this.meters = meters;
        this.latency = latency;
        this.mostClients = mostClients;
        this.clock = clock;
        this.behind = new WriteBehind<>(MOST_MINUTES, BATCH, (before, later) -> later, sink);
        this.minute = thisMinute();
    }

    /** So many more allowed requests of that client. */
    void used(String clientId, int times) {
        Long before = clients.get(clientId);
        if (before != null || clients.size() < mostClients) {
            clients.put(clientId, (before == null ? 0 : before) + times);
            changed = true;
        }
    }

    /** To be called before what was used since the last sample is told: a minute that is over is put, and the next one begins. */
    void turn() {
        Instant now = thisMinute();
        // A clock that was set back goes on in the minute that it has come to: what is written of the ones before
        // stays.
        if (now.isAfter(minute)) {
            put();
            minute = now;
            counts.clear();
            clients.clear();
            slowestMicros = 0;
        }
    }

    /** Adds what was counted since the last sample. */
    void sample() {
        Map<String, Long> now = meters.get();
        now.forEach((name, count) -> add(name, count - seen.getOrDefault(name, 0L)));
        seen = now;
        LatencyHistogram.Taken taken = latency.take();
        taken.counts().forEach((bucket, count) -> add(TrafficCounts.LATENCY + bucket, count));
        slowestMicros = Math.max(slowestMicros, taken.slowestMicros());
    }

    /** This minute, so far, is to be written, in the place of what was written of it before. */
    void put() {
        if (changed) {
            behind.put(minute, new TrafficMinute(counts, slowestMicros, busiest()));
            changed = false;
        }
    }

    WriteBehind<Instant, TrafficMinute> behind() {
        return behind;
    }

    private void add(String name, long more) {
        if (more != 0) {
            counts.merge(name, more, Long::sum);
            changed = true;
        }
    }

    private Map<String, Long> busiest() {
        Map<String, Long> busiest = new LinkedHashMap<>();
        clients.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(MOST_CLIENTS)
                .forEach(client -> busiest.put(client.getKey(), client.getValue()));
        return busiest;
    }

    private Instant thisMinute() {
        return clock.instant().truncatedTo(ChronoUnit.MINUTES);
    }
}
