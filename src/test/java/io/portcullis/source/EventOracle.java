package io.portcullis.source;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What must come out, told the plain way: all events of a client, sorted once, read from the first to the last. Shares no code with what it
 * judges but the events themselves.
 */
final class EventOracle {

    /** An event before anybody has read it. */
    record Told(String id, String type, long version, long micros, JsonObject payload) {}

    private static final List<String> TYPES = List.of(
            "client.created",
            "client.updated",
            "client.updated",
            "client.api_key_rotated",
            "client.suspended",
            "client.revoked");

    private EventOracle() {}

    /**
     * Events of one client: partial payloads, the same moment more than once, statuses of all kinds.
     *
     * @param versions 0: none has one; 1: all have one; 2: some
     */
    static List<Told> events(String clientId, int count, int versions, SplittableRandom random) {
        List<Told> events = new ArrayList<>();
        boolean lowers = random.nextInt(3) == 0;
        for (int i = 0; i < count; i++) {
            String type = TYPES.get(random.nextInt(lowers ? TYPES.size() : TYPES.size() - 2));
            JsonObject payload = new JsonObject().put("client_id", clientId);
            put(payload, "client_code", "code" + i, random);
            put(payload, "bap_id", random.nextInt(4) == 0 ? null : "bap" + i, random);
            put(payload, "bap_uri", "https://bap.example/" + i, random);
            put(payload, "rate_limit", 100 + i, random);
            put(payload, "tenant_id", "tenant" + i, random);
            put(payload, "client_secret_hash", "sha256:" + Integer.toHexString(i), random);
            put(payload, "allowed_ips", List.of("10." + i + ".0.0/16"), random);
            put(payload, "metadata", Map.of("step", i), random);
            put(
                    payload,
                    "status",
                    List.of("ACTIVE", "PENDING", "REJECTED", "ACTIVE").get(random.nextInt(4)),
                    random);
            if (lowers && random.nextInt(6) == 0) {
                payload.put("status", "SUSPENDED");
            }
            long version = versions == 0 || (versions == 2 && random.nextBoolean()) ? 0 : 1 + random.nextInt(4);
            events.add(new Told(
                    "e" + random.nextInt(100) + "-" + i, type, version, 1_000_000L * random.nextInt(4), payload));
        }
        return events;
    }

    private static void put(JsonObject payload, String name, @Nullable Object value, SplittableRandom random) {
        if (random.nextInt(3) > 0) {
            payload.put(name, value);
        }
    }

    /** The client's fields by name, absent ones left out. */
    static Map<String, Object> outcome(List<Told> events) {
        List<Told> sorted = new ArrayList<>(events);
        sorted.sort(Comparator.comparingLong(Told::version)
                .thenComparingLong(Told::micros)
                .thenComparing(Told::id));
        Map<String, Object> client = new TreeMap<>();
        client.put("status", "PENDING");
        boolean suspended = false;
        boolean revoked = false;
        for (Told event : sorted) {
            String status = event.payload().getString("status");
            if (event.type().equals("client.suspended") || event.type().equals("client.revoked")) {
                suspended |= event.type().equals("client.suspended");
                revoked |= event.type().equals("client.revoked");
                continue;
            }
            for (Map.Entry<String, Object> field : event.payload().getMap().entrySet()) {
                if (!field.getKey().equals("client_id") && !field.getKey().equals("status")) {
                    client.put(field.getKey(), field.getValue());
                }
            }
            if ("SUSPENDED".equals(status)) {
                suspended = true;
            } else if (status != null) {
                client.put("status", status);
            }
        }
        if (suspended) {
            client.put("status", "SUSPENDED");
        }
        if (revoked) {
            client.put("status", "REVOKED");
        }
        client.values().removeIf(Objects::isNull);
        return client;
    }

    static SourceEvent read(Told event) {
        try {
            return new SourceEvent(
                    event.id(),
                    Objects.requireNonNull(EventType.of(event.type())),
                    new Stamp(event.version(), event.micros(), event.id()),
                    SourceRecord.of(event.payload()));
        } catch (SourceFault e) {
            throw new AssertionError(e);
        }
    }

    /** All orders of so many things. */
    static List<int[]> orders(int count) {
        List<int[]> orders = new ArrayList<>();
        permute(new int[count], 0, 0, orders);
        return orders;
    }

    private static void permute(int[] order, int at, int used, List<int[]> orders) {
        if (at == order.length) {
            orders.add(order.clone());
            return;
        }
        for (int i = 0; i < order.length; i++) {
            if ((used & 1 << i) == 0) {
                order[at] = i;
                permute(order, at + 1, used | 1 << i, orders);
            }
        }
    }

    /** The events in this order, each once to five times: again at once, or whenever. */
    static List<Integer> delivered(int[] order, SplittableRandom random) {
        List<Integer> delivered = new ArrayList<>();
        for (int first : order) {
            delivered.add(first);
        }
        for (int one : order) {
            for (int again = random.nextInt(5); again > 0; again--) {
                int from = delivered.indexOf(one) + 1;
                delivered.add(from + random.nextInt(delivered.size() - from + 1), one);
            }
        }
        return delivered;
    }
}
