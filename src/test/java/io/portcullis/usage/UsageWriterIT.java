package io.portcullis.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.database.Migrations;
import io.portcullis.database.PostgresClients;
import io.portcullis.database.QueryWatch;
import io.portcullis.testing.TestServers;
import io.portcullis.usage.KeyUsage.Used;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** What is written behind, in the real PostgreSQL. */
@Timeout(60)
class UsageWriterIT {

    private static final PostgresClients.Limits LIMITS =
            new PostgresClients.Limits(8, 1000, 64, Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofHours(1));

    private static final String CLIENT = UUID.randomUUID().toString();

    private final Vertx vertx = Vertx.vertx();
    private final PGSimpleDataSource source = new PGSimpleDataSource();
    private final PostgresClients postgres;
    private long nanos = TimeUnit.HOURS.toNanos(1);

    UsageWriterIT() {
        PgConnectOptions options = PgConnectOptions.fromUri(TestServers.freshDatabaseUrl());
        source.setUrl("jdbc:postgresql://" + options.getHost() + ":" + options.getPort() + "/" + options.getDatabase());
        source.setUser(options.getUser());
        source.setPassword(options.getPassword());
        new Migrations(source).migrate();
        postgres = PostgresClients.create(vertx, options, LIMITS);
    }

    @BeforeEach
    void aClient() throws SQLException {
        sql("INSERT INTO client_registry.clients (client_id, client_code, tenant_id, status) VALUES ('" + CLIENT
                + "', 'acme', 'shop', 'ACTIVE')");
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().await(20, TimeUnit.SECONDS);
    }

    @Test
    void usesAreAddedAndTheLastOneIsAsOldAsItIs() throws SQLException {
        UsageWriter writer = writer("node");
        String key = keys(1).get(0);

        await(writer.keys(1, Map.of(key, new Used(3, nanos - TimeUnit.SECONDS.toNanos(90)))));
        await(writer.keys(2, Map.of(key, new Used(4, nanos - TimeUnit.SECONDS.toNanos(30)))));

        assertThat(count(key)).isEqualTo(7);
        assertThat(Double.parseDouble(age(key))).isBetween(29.9, 35.0);
    }

    @Test
    void aLastUseNeverGoesBack() throws SQLException {
        String key = keys(1).get(0);
        await(writer("node").keys(1, Map.of(key, new Used(1, nanos))));
        String before = one("SELECT last_used_at::text FROM client_registry.client_key_usage");

        await(writer("other").keys(1, Map.of(key, new Used(1, nanos - TimeUnit.HOURS.toNanos(1)))));

        assertThat(one("SELECT last_used_at::text FROM client_registry.client_key_usage"))
                .isEqualTo(before);
        assertThat(count(key)).isEqualTo(2);
    }

    @Test
    void aBatchThatComesAgainIsWrittenOnce() throws SQLException {
        UsageWriter writer = writer("node");
        String key = keys(1).get(0);

        await(writer.keys(7, Map.of(key, new Used(5, nanos))));
        await(writer.keys(7, Map.of(key, new Used(5, nanos))));
        await(writer.keys(6, Map.of(key, new Used(5, nanos))));
        assertThat(count(key)).isEqualTo(5);

        await(writer.keys(8, Map.of(key, new Used(1, nanos))));
        await(writer("other").keys(1, Map.of(key, new Used(1, nanos))));
        assertThat(count(key)).isEqualTo(7);
    }

    @Test
    void keysThatAreGoneAreLeftOut() throws SQLException {
        List<String> keys = keys(2);
        sql("DELETE FROM client_registry.client_keys WHERE key_id = '" + keys.get(0) + "'");

        await(writer("node")
                .keys(
                        1,
                        Map.of(
                                keys.get(0), new Used(1, nanos),
                                keys.get(1), new Used(2, nanos),
                                UUID.randomUUID().toString(), new Used(1, nanos))));

        assertThat(
                        one(
                                "SELECT string_agg(key_id::text || ' ' || use_count, ',') FROM client_registry.client_key_usage"))
                .isEqualTo(keys.get(1) + " 2");
    }

    @Test
    void nodesThatWriteTheSameKeysAtTheSameTimeDoNotDeadlockAndTheSumsAreExact() throws SQLException {
        List<String> keys = keys(300);
        Random random = new Random(3);
        List<Future<?>> writing = new ArrayList<>();
        for (int node = 0; node < 3; node++) {
            writing.add(batches(writer("node-" + node), keys, random.nextLong(), 1, 40));
        }
        writing.forEach(this::await);

        assertThat(one("SELECT count(*) || ' ' || min(use_count) || ' ' || max(use_count)"
                        + " FROM client_registry.client_key_usage"))
                .isEqualTo("300 120 120");
    }

    /** One after the other, in an order of its own. */
    private static Future<Void> batches(UsageWriter writer, List<String> keys, long seed, long number, int last) {
        List<String> order = new ArrayList<>(keys);
        Collections.shuffle(order, new Random(seed + number));
        Map<String, Used> batch = new LinkedHashMap<>();
        order.forEach(key -> batch.put(key, new Used(1, 0)));
        return writer.keys(number, batch)
                .compose(written ->
                        number == last ? Future.succeededFuture() : batches(writer, keys, seed, number + 1, last));
    }

    @Test
    void whoHoldsARowIsNotWaitedForForLong() throws Exception {
        String key = keys(1).get(0);
        UsageWriter writer = writer("node");
        await(writer.keys(1, Map.of(key, new Used(1, nanos))));
        try (Connection holder = source.getConnection();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM client_registry.client_key_usage FOR UPDATE");

            assertThatThrownBy(() -> await(writer.keys(2, Map.of(key, new Used(1, nanos)))))
                    .hasMessageContaining("lock timeout");
        }
        await(writer.keys(2, Map.of(key, new Used(1, nanos))));
        assertThat(count(key)).isEqualTo(2);
    }

    @Test
    void theTrafficOfAllNodesIsSummedByTheMinute() throws SQLException {
        Instant minute = Instant.now().truncatedTo(ChronoUnit.MINUTES);
        String gone = UUID.randomUUID().toString();
        UsageWriter one = writer("one");
        await(one.minutes(1, Map.of(minute, minute(1, 900, Map.of(CLIENT, 1L)))));
        await(one.minutes(
                2,
                Map.of(minute, minute(5, 900, Map.of(CLIENT, 4L)), minute.minusSeconds(60), minute(1, 1, Map.of()))));
        await(writer("two").minutes(1, Map.of(minute, minute(2, 4000, Map.of(CLIENT, 1L, gone, 9L)))));

        TrafficReader reader = new TrafficReader(postgres.lookups(), Duration.ofSeconds(5));
        TrafficReport report = await(reader.read(minute.minusSeconds(60), minute.plusSeconds(59), 10));

        assertThat(report.nodes()).isEqualTo(2);
        assertThat(report.minutes())
                .extracting(TrafficReport.Minute::minute)
                .containsExactly(minute.minusSeconds(60), minute);
        TrafficCounts counts = report.minutes().get(1).counts();
        assertThat(counts.requests()).isEqualTo(7);
        assertThat(counts.slowestMillis()).isEqualTo(4.0);
        assertThat(report.busiest())
                .containsExactly(
                        new TrafficReport.ClientTraffic(gone, null, null, 9),
                        new TrafficReport.ClientTraffic(CLIENT, "acme", "shop", 5));
        assertThat(await(reader.read(minute, minute, 1)).busiest()).hasSize(1);
        assertThat(await(reader.read(minute.plusSeconds(60), minute.plusSeconds(60), 1)))
                .isEqualTo(new TrafficReport(List.of(), List.of(), 0));
    }

    @Test
    void whatIsOlderThanADayIsPruned() throws SQLException {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MINUTES);
        UsageWriter writer = writer("node");
        Map<Instant, TrafficMinute> minutes = new HashMap<>();
        for (long hours : new long[] {0, 23, 25, 48}) {
            minutes.put(now.minus(hours, ChronoUnit.HOURS), minute(1, 1, Map.of()));
        }
        await(writer.minutes(1, minutes));
        sql("INSERT INTO client_registry.write_behind VALUES ('gone', 1, now() - INTERVAL '25 hours')");

        await(writer.prune());

        assertThat(one("SELECT count(*) FROM client_registry.traffic_minutes")).isEqualTo("2");
        assertThat(one("SELECT string_agg(writer, ',') FROM client_registry.write_behind"))
                .isEqualTo("node:traffic");
    }

    private static TrafficMinute minute(long allowed, long slowestMicros, Map<String, Long> clients) {
        return new TrafficMinute(Map.of("outcome.allowed", allowed, "latency.17", allowed), slowestMicros, clients);
    }

    private UsageWriter writer(String node) {
        return new UsageWriter(postgres.transactions(), QueryWatch.NONE, node, () -> nanos);
    }

    private <T> T await(Future<T> future) {
        try {
            return future.await(30, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new AssertionError("no end", e);
        }
    }

    private List<String> keys(int count) throws SQLException {
        sql("INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) SELECT '" + CLIENT
                + "', sha256(n::text::bytea), 'p', 'pk_test' FROM generate_series(1, " + count + ") n");
        return List.of(one("SELECT string_agg(key_id::text, ',') FROM client_registry.client_keys")
                .split(",", -1));
    }

    private long count(String key) throws SQLException {
        return Long.parseLong(
                one("SELECT use_count FROM client_registry.client_key_usage WHERE key_id = '" + key + "'"));
    }

    private String age(String key) throws SQLException {
        return one("SELECT extract(epoch FROM clock_timestamp() - last_used_at) FROM client_registry.client_key_usage"
                + " WHERE key_id = '" + key + "'");
    }

    private void sql(String text) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    private String one(String query) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }
}
