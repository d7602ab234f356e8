package io.portcullis.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.bus.Deadline;
import io.portcullis.database.QueryWatch;
import io.portcullis.source.EventOracle.Told;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events on their way into the real PostgreSQL. */
@Timeout(300)
class SourceWriterIT {

    private static final SourceDatabase database = new SourceDatabase();

    private final SourceWriter writer = new SourceWriter(database.postgres().transactions(), QueryWatch.NONE);

    @AfterAll
    static void close() throws Exception {
        database.close();
    }

    /** Each order on a client of its own, cut into transactions of any size, by several writers at once. */
    @Test
    void inEachOfTheOrdersOfSixEventsTheRowsAreTheOracles() throws Exception {
        List<int[]> orders = EventOracle.orders(6);
        List<List<SourceEvent>> streams = new ArrayList<>();
        Map<String, Map<String, Object>> expected = new HashMap<>();
        long events = 0;
        for (int seed = 0; seed < 3; seed++) {
            for (int[] order : orders) {
                SplittableRandom random = new SplittableRandom(seed);
                String client = UUID.randomUUID().toString();
                List<Told> told = EventOracle.events(client, 6, seed, random).stream()
                        .map(event -> new Told(
                                client + event.id(), event.type(), event.version(), event.micros(), event.payload()))
                        .toList();
                expected.put(client, EventOracle.outcome(told));
                events += told.size();
                List<Integer> delivered = EventOracle.delivered(order, new SplittableRandom(streams.size()));
                streams.add(delivered.stream()
                        .map(at -> EventOracle.read(told.get(at)))
                        .toList());
            }
        }

        List<Outcome> outcomes = deliver(streams, 4, 400);

        assertThat(outcomes.stream()
                        .filter(outcome -> outcome != Outcome.DUPLICATE)
                        .count())
                .isEqualTo(events);
        Map<String, ClientState> states =
                database.await(SourceStore.read(database.postgres().lookups(), expected.keySet()));
        expected.forEach(
                (client, outcome) -> assertThat(MergeOrderTest.plain(Objects.requireNonNull(states.get(client))))
                        .isEqualTo(outcome));
        String clients = "'" + String.join("','", expected.keySet()) + "'";
        assertThat(database.one(
                        "SELECT count(*) || ' ' || count(DISTINCT correlation_id) FROM client_registry.audit_logs"
                                + " WHERE key IN (" + clients + ")"))
                .as("audit rows, and events that have one")
                .isEqualTo(events + " " + events);
    }

    /** Transactions of mixed clients, several at once, which meet at the same rows. */
    private List<Outcome> deliver(List<List<SourceEvent>> streams, int writers, int batch) {
        List<List<SourceEvent>> batches = new ArrayList<>();
        List<SourceEvent> gathered = new ArrayList<>();
        int longest = streams.stream().mapToInt(List::size).max().orElse(0);
        for (int step = 0; step < longest; step++) {
            for (List<SourceEvent> stream : streams) {
                if (step < stream.size()) {
                    gathered.add(stream.get(step));
                }
            }
        }
        for (int from = 0; from < gathered.size(); from += batch) {
            batches.add(gathered.subList(from, Math.min(gathered.size(), from + batch)));
        }
        List<Outcome> all = Collections.synchronizedList(new ArrayList<>());
        List<Future<?>> running = new ArrayList<>();
        for (int first = 0; first < writers; first++) {
            running.add(next(batches, first, writers, all));
        }
        database.await(Future.all(running));
        return all;
    }

    private Future<Void> next(List<List<SourceEvent>> batches, int at, int step, List<Outcome> all) {
        if (at >= batches.size()) {
            return Future.succeededFuture();
        }
        return writer.apply(batches.get(at), Deadline.in(Duration.ofSeconds(60)))
                .compose(outcomes -> {
                    all.addAll(outcomes);
                    return next(batches, at + step, step, all);
                });
    }

    @Test
    void anEventIsAppliedOnceAlsoWhereManyApplyItAtTheSameTime() throws Exception {
        String client = UUID.randomUUID().toString();
        List<Future<List<Outcome>>> applying = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            applying.add(writer.apply(List.of(event(client + "-once", client, "{\"bap_id\":\"b\"}")), limit()));
        }

        List<Outcome> outcomes = applying.stream()
                .map(database::await)
                .flatMap(List::stream)
                .sorted()
                .toList();

        assertThat(outcomes.get(0)).isEqualTo(Outcome.APPLIED);
        assertThat(outcomes.subList(1, 16)).containsOnly(Outcome.DUPLICATE);
        assertThat(database.one("SELECT count(*) FROM client_registry.audit_logs WHERE key = '" + client + "'"))
                .isEqualTo("1");
    }

    /** Of each client, each field by another writer, in transactions that meet at the same rows; then older things are said of all of them. */
    @Test
    void manyWritersOfTheSameClientsWaitForEachOtherAndForgetNothing() throws Exception {
        List<String> clients = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            clients.add(UUID.randomUUID().toString());
        }
        List<String> fields = List.of("bap_id", "bap_uri", "tenant_id", "client_code", "owner_user_id");
        for (int round = 2; round <= 4; round++) {
            int version = round;
            List<Future<List<Outcome>>> applying = fields.stream()
                    .map(field -> writer.apply(say(clients, field, version), limit()))
                    .toList();
            applying.forEach(database::await);

            assertThat(database.one("SELECT count(*) FROM client_registry.clients WHERE client_id::text IN ('"
                            + String.join("','", clients)
                            + "') AND concat(bap_id, bap_uri, tenant_id, client_code, owner_user_id) = '"
                            + ("v" + version).repeat(5) + "'"))
                    .isEqualTo("50");
        }
        // Just before the last: who had overwritten what the others have noted would know of the round before only.
        for (String field : fields) {
            List<SourceEvent> late = clients.stream()
                    .map(client -> event("late" + client + field, client, "{\"" + field + "\":\"late\"}", 3))
                    .toList();
            assertThat(database.await(writer.apply(late, limit())))
                    .as("older than what is known of %s", field)
                    .containsOnly(Outcome.OUTDATED);
        }
    }

    private static List<SourceEvent> say(List<String> clients, String field, int version) {
        List<SourceEvent> batch = new ArrayList<>();
        for (String client : clients) {
            batch.add(event(client + field + version, client, "{\"" + field + "\":\"v" + version + "\"}", version));
        }
        Collections.shuffle(batch, new Random(version));
        return batch;
    }

    /** One id, two clients: the second is nobody's, and no fault of the others in its batch. */
    @Test
    void anIdThatComesAgainForAnotherClientMakesNoClient() throws Exception {
        String client = UUID.randomUUID().toString();
        String other = UUID.randomUUID().toString();
        SourceEvent first = event("id" + client, client, "{}");
        SourceEvent second = event("id" + client, other, "{}");

        assertThat(database.await(writer.apply(List.of(first, second), limit())))
                .endsWith(Outcome.DUPLICATE);
        assertThat(database.await(writer.apply(List.of(second), limit()))).containsExactly(Outcome.DUPLICATE);

        assertThat(database.all("SELECT client_id::text FROM client_registry.clients WHERE client_id IN ('" + client
                        + "', '" + other + "')"))
                .containsExactly(client);
    }

    @Test
    void whatTheDatabaseRefusesIsToldFromADatabaseThatIsAway() throws Exception {
        String client = UUID.randomUUID().toString();
        database.sql("ALTER TABLE client_registry.clients ADD CONSTRAINT nobody_but CHECK (bap_id <> 'refused')");
        try {
            assertThatThrownBy(() -> database.await(
                            writer.apply(List.of(event("r1", client, "{\"bap_id\":\"refused\"}")), limit())))
                    .isInstanceOf(SourceException.Refused.class)
                    .hasMessageContaining("nobody_but");
        } finally {
            database.sql("ALTER TABLE client_registry.clients DROP CONSTRAINT nobody_but");
        }
        assertThat(database.one("SELECT count(*) FROM client_registry.source_events WHERE event_id = 'r1'"))
                .as("nothing of it is there")
                .isEqualTo("0");

        database.sql("ALTER TABLE client_registry.source_events RENAME TO elsewhere");
        try {
            assertThatThrownBy(() -> database.await(writer.apply(List.of(event("r2", client, "{}")), limit())))
                    .isInstanceOf(SourceException.Unavailable.class);
        } finally {
            database.sql("ALTER TABLE client_registry.elsewhere RENAME TO source_events");
        }
    }

    @Test
    void aClientThatAnOperatorLoweredIsNotRaisedAndOtherFieldsAreTaken() throws Exception {
        String client = UUID.randomUUID().toString();
        database.await(writer.apply(List.of(event("a" + client, client, "{\"status\":\"ACTIVE\"}")), limit()));
        int version = 1;
        for (String lowered : List.of("SUSPENDED", "REJECTED", "PENDING", "REVOKED")) {
            version++;
            database.sql(
                    "UPDATE client_registry.clients SET status = '" + lowered + "' WHERE client_id = '" + client + "'");
            List<Outcome> outcomes = database.await(writer.apply(
                    List.of(event(
                            lowered + client,
                            client,
                            "{\"status\":\"ACTIVE\",\"bap_id\":\"" + lowered + "\"}",
                            version)),
                    limit()));

            assertThat(outcomes).as(lowered).containsExactly(Outcome.HELD);
            assertThat(database.one("SELECT status || ' ' || bap_id FROM client_registry.clients WHERE client_id = '"
                            + client + "'"))
                    .isEqualTo(lowered + " " + lowered);
            assertThat(database.one("SELECT payload->>'held' FROM client_registry.audit_logs WHERE correlation_id = '"
                            + lowered + client + "'"))
                    .isEqualTo("ACTIVE");
        }
    }

    /** Columns that the source does not speak of, and those it does not change, stay as somebody else has written them. */
    @Test
    void whatTheSourceDoesNotSayIsLeftAlone() throws Exception {
        String client = UUID.randomUUID().toString();
        String wide = "x".repeat(5000);
        database.sql(
                "INSERT INTO client_registry.clients (client_id, status, bap_id, scopes, grace_seconds, metadata) VALUES ('"
                        + client + "', 'ACTIVE', '" + wide + "', '{read}', 7, '[1, 2]')");

        database.await(writer.apply(List.of(event("w" + client, client, "{\"bap_uri\":\"https://x\"}")), limit()));

        assertThat(database.one("SELECT concat_ws(' ', length(bap_id), scopes, grace_seconds, metadata, bap_uri)"
                        + " FROM client_registry.clients WHERE client_id = '" + client + "'"))
                .isEqualTo("5000 {read} 7 [1, 2] https://x");
    }

    @Test
    void aSecretThatWasMovedToAnotherPepperIsNotTakenBackByWhoSaysTheOldHashAgain() throws Exception {
        String client = UUID.randomUUID().toString();
        String said = "hmac-sha256:old:" + "0".repeat(64);
        String moved = "hmac-sha256:new:" + "1".repeat(64);
        String rotated = "hmac-sha256:old:" + "2".repeat(64);
        database.await(writer.apply(List.of(event("s1" + client, client, secret(said), 1)), limit()));
        database.sql("UPDATE client_registry.clients SET client_secret_hash = '" + moved + "' WHERE client_id = '"
                + client + "'");

        database.await(writer.apply(List.of(event("s2" + client, client, secret(said), 2)), limit()));
        assertThat(hash(client)).isEqualTo(moved);

        database.await(writer.apply(List.of(event("s3" + client, client, secret(rotated), 3)), limit()));
        assertThat(hash(client)).isEqualTo(rotated);
        assertThat(database.all("SELECT payload::text FROM client_registry.audit_logs WHERE key = '" + client + "'"))
                .noneMatch(payload -> payload.contains("hmac-sha256"))
                .anyMatch(payload -> payload.contains("***"));
    }

    @Test
    void idsOfLongAgoAreForgotten() throws Exception {
        String client = UUID.randomUUID().toString();
        database.await(writer.apply(
                List.of(event("old" + client, client, "{}"), event("new" + client, client, "{}")), limit()));
        database.sql(
                "UPDATE client_registry.source_events SET applied_at = now() - interval '40 days' WHERE event_id = 'old"
                        + client + "'");

        assertThat(database.await(writer.forgetEvents(Duration.ofDays(30), 1000, limit())))
                .isEqualTo(1);
        assertThat(database.all(
                        "SELECT event_id FROM client_registry.source_events WHERE event_id LIKE '%" + client + "'"))
                .containsExactly("new" + client);
    }

    private String hash(String client) throws Exception {
        return database.one(
                "SELECT client_secret_hash FROM client_registry.clients WHERE client_id = '" + client + "'");
    }

    private static String secret(String hash) {
        return "{\"client_secret_hash\":\"" + hash + "\"}";
    }

    private static Deadline limit() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    private static SourceEvent event(String id, String client, String fields) {
        return event(id, client, fields, 0);
    }

    private static SourceEvent event(String id, String client, String fields, long version) {
        JsonObject payload = new JsonObject(fields).put("client_id", client);
        return EventOracle.read(new Told(id, "client.updated", version, 1_000_000, payload));
    }
}
