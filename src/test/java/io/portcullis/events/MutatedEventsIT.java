package io.portcullis.events;

import static io.portcullis.events.EventBench.DLQ;
import static io.portcullis.events.EventBench.await;
import static io.portcullis.events.EventBench.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.cache.StreamEntry.Field;
import io.portcullis.database.Migrations;
import io.portcullis.database.PostgresClients;
import io.portcullis.source.SourceWriter;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.TestServers;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgConnectOptions;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ten thousand entries that went wrong on their way, through a real Redis into a real PostgreSQL: each comes to an end that can be named. */
@Timeout(300)
@SuppressWarnings("NullAway.Init") // set before each test
class MutatedEventsIT {

    private static final Logger log = LoggerFactory.getLogger(MutatedEventsIT.class);
    private static final int COUNT = 10_000;
    private static final long SEED = 20_261_128;
    private static final PostgresClients.Limits LIMITS =
            new PostgresClients.Limits(4, 100, 64, Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofHours(1));

    private final EventBench bench = new EventBench();
    private String url;
    private PostgresClients postgres;

    @BeforeEach
    void migrate() {
        url = TestServers.freshDatabaseUrl();
        PgConnectOptions options = PgConnectOptions.fromUri(url);
        PGSimpleDataSource jdbc = new PGSimpleDataSource();
        jdbc.setUrl("jdbc:postgresql://" + options.getHost() + ":" + options.getPort() + "/" + options.getDatabase());
        jdbc.setUser(options.getUser());
        jdbc.setPassword(options.getPassword());
        new Migrations(jdbc).migrate();
        postgres = PostgresClients.create(bench.vertx, options, LIMITS);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void everyMutatedEventIsAppliedIgnoredOrADeadLetter() throws Exception {
        Random random = new Random(SEED);
        Mutations mutations = new Mutations(random);
        try (RawRedis raw = bench.redis.raw()) {
            for (int i = 0; i < COUNT; i++) {
                // Clients are met again, so that events also meet what is there.
                EventBench.add(raw, mutations.of(Entries.valid("e-" + i, random.nextInt(2_000))));
            }
        }
        EventBench.Node node = bench.node(
                EventSink.of(new SourceWriter(postgres.transactions())), settings(500, Duration.ofMillis(500)));
        await().atMost(Duration.ofMinutes(4)).until(() -> node.count("dlq") + ended(node) >= COUNT && bench.settled());

        Map<String, Double> ends = new TreeMap<>();
        for (Verdict.Outcome outcome : Verdict.Outcome.values()) {
            ends.put(outcome.name(), node.count(outcome.name().toLowerCase(java.util.Locale.ROOT)));
        }
        log.info("event=test.mutated seed={} ends={}", SEED, ends);
        assertThat(ended(node) + node.count("dlq")).isEqualTo(COUNT);
        // Some that were refused are not when they come again: what they are merged with has changed.
        assertThat(node.count("failed")).isGreaterThanOrEqualTo(5 * node.count("dlq"));
        assertThat((double) bench.length(DLQ)).isEqualTo(node.count("dlq"));
        assertThat(node.count("applied")).as("the mutations leave some whole").isGreaterThan(500);
        assertThat(node.count("dlq")).isGreaterThan(500);
        assertThat(node.count("ignored")).isPositive();
        assertThat(node.health.state()).isEqualTo(EventsHealth.State.CONSUMING);
        assertThat((double) query("SELECT count(*) FROM client_registry.source_events"))
                .as("remembered is what was applied, and nothing else")
                .isEqualTo(ended(node) - node.count("ignored") - node.count("duplicate"));
        assertThat(bench.number(
                        "local n = 0 for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do local f = e[2] "
                                + "if f[#f - 7] ~= 'dlq_reason' or #f[#f - 6] < 5 or f[#f - 2] ~= '5' then n = n + 1 end end return n",
                        DLQ))
                .as("dead letters without a reason, or of other than five tries")
                .isZero();
    }

    private static double ended(EventBench.Node node) {
        return node.count("applied")
                + node.count("outdated")
                + node.count("held")
                + node.count("duplicate")
                + node.count("ignored");
    }

    private long query(String sql) throws SQLException {
        try (Connection connection = TestServers.connect(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** What may happen to an entry. */
    private static final class Mutations {

        private static final List<String> NAMES =
                List.of("event_id", "event_type", "occurred_at", "version", "payload");
        private static final List<String> TYPES = List.of(
                "client.created",
                "client.updated",
                "client.api_key_rotated",
                "client.suspended",
                "client.revoked",
                "client.deleted");
        private static final List<String> MEMBERS = List.of(
                "client_id",
                "client_code",
                "client_secret_hash",
                "api_key_hash",
                "bap_id",
                "bap_uri",
                "rate_limit",
                "allowed_ips",
                "status",
                "tenant_id",
                "owner_user_id",
                "metadata",
                "other");
        private static final List<String> JSON = List.of(
                "null",
                "true",
                "0",
                "-1",
                "1e400",
                "2147483648",
                "1E-7",
                "9".repeat(900),
                "9".repeat(2_000),
                "\"\"",
                "\"x\"",
                "\"\\u0000\"",
                "\"a\\u0000b\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
                "\"\\ud83d\\ude00\"",
                "\"\\n\"",
                "[]",
                "{}",
                "[1]",
                "[\"10.0.0.0/8\"]",
                "[\"10.0.0.0/33\"]",
                "[\"::/0\",\"x\"]",
                "{\"a\":{\"\\u0000\":1}}",
                "\"ACTIVE\"",
                "\"DELETED\"",
                "\"REVOKED\"",
                "\"sha256:zz\"",
                "\"" + "x".repeat(3_000) + "\"",
                "[".repeat(70) + "]".repeat(70),
                "[".repeat(900) + "]".repeat(900),
                "[".repeat(5_000),
                "\"\\x\"",
                "'x'");

        private final Random random;

        Mutations(Random random) {
            this.random = random;
        }

        List<Field> of(List<Field> valid) {
            List<Field> fields = valid;
            for (int times = random.nextInt(3); times >= 0; times--) {
                fields = once(fields);
            }
            return fields.isEmpty() ? List.of(Field.of("", "")) : fields;
        }

        private List<Field> once(List<Field> fields) {
            String name = pick(NAMES);
            return switch (random.nextInt(11)) {
                case 0 -> changed(fields, name, this::flipped);
                case 1 -> changed(fields, name, this::cut);
                case 2 -> Entries.without(fields, name);
                case 3 -> twice(fields);
                case 4 -> Entries.with(fields, name, Buffer.buffer(pick(JSON)));
                case 5 -> Entries.with(fields, "event_type", Buffer.buffer(pick(TYPES)));
                case 6, 7 -> changed(fields, "payload", this::otherMember);
                case 8 ->
                    changed(
                            fields,
                            "payload",
                            value -> Buffer.buffer(new String(value.getBytes(), StandardCharsets.ISO_8859_1)
                                    .getBytes(
                                            random.nextBoolean()
                                                    ? StandardCharsets.UTF_16
                                                    : StandardCharsets.UTF_16LE)));
                case 9 -> changed(fields, "payload", this::spoilt);
                default ->
                    random.nextInt(40) == 0 ? Entries.with(fields, name, Buffer.buffer("x".repeat(300_000))) : fields;
            };
        }

        private interface Change {
            Buffer of(Buffer value);
        }

        private static List<Field> changed(List<Field> fields, String name, Change change) {
            List<Field> changed = new ArrayList<>(fields);
            changed.replaceAll(field ->
                    field.name().toString().equals(name) ? new Field(field.name(), change.of(field.value())) : field);
            return changed;
        }

        private Buffer flipped(Buffer value) {
            byte[] bytes = value.getBytes();
            for (int i = random.nextInt(3); i >= 0 && bytes.length > 0; i--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            return Buffer.buffer(bytes);
        }

        private Buffer cut(Buffer value) {
            return value.length() == 0 ? value : value.copy().getBuffer(0, random.nextInt(value.length()));
        }

        private List<Field> twice(List<Field> fields) {
            List<Field> more = new ArrayList<>(fields);
            if (!more.isEmpty()) {
                more.add(random.nextInt(more.size() + 1), more.get(random.nextInt(more.size())));
            }
            return more;
        }

        /** One member more, or one of its own again: as text, so that no parser of ours has to like it. */
        private Buffer otherMember(Buffer value) {
            String text = value.toString(StandardCharsets.UTF_8);
            String member = pick(MEMBERS);
            String without = text.replaceAll("\"" + member + "\":(\"[^\"]*\"|[0-9]+),?", "");
            String from = random.nextInt(4) == 0 ? text : without;
            return Buffer.buffer(from.replaceFirst(
                    "\\{",
                    java.util.regex.Matcher.quoteReplacement(
                            "{\"" + member + "\":" + pick(JSON) + (from.length() > 2 ? "," : ""))));
        }

        private Buffer spoilt(Buffer value) {
            Buffer spoilt = value.copy();
            byte[] noise = new byte[1 + random.nextInt(4)];
            random.nextBytes(noise);
            int at = random.nextInt(spoilt.length() + 1);
            return spoilt.getBuffer(0, at)
                    .copy()
                    .appendBytes(noise)
                    .appendBuffer(spoilt.getBuffer(at, spoilt.length()));
        }

        private <T> T pick(List<T> from) {
            return Objects.requireNonNull(from.get(random.nextInt(from.size())));
        }
    }
}
