package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.testing.RawRedis;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code events dlq} against a real Redis. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before each test
class DeadLettersIT {

    private static final String CLIENT = "00000000-0000-4000-8000-000000000001";
    private static final String HASH = "sha256:pl4nted";

    private String stream;
    private CommandRun.Place place;

    @BeforeEach
    void configure() {
        stream = "stream:dlq-test:" + UUID.randomUUID();
        Map<String, String> environment = new HashMap<>(Map.of(
                "PORTCULLIS_POSTGRES_URL",
                "postgresql://nobody:nothing@127.0.0.1:1/none",
                "PORTCULLIS_REDIS_URL",
                TestServers.redisUrl(),
                "PORTCULLIS_AUTH_PEPPER",
                "a pepper that is long enough for this",
                "PORTCULLIS_MANAGEMENT_TOKEN",
                "a-token-that-is-long-enough",
                "PORTCULLIS_ADMIN_EVENTS_STREAM",
                stream));
        place = new CommandRun.Place(environment);
    }

    private static String raw(String... words) throws IOException {
        try (RawRedis raw = new RawRedis(TestServers.redisUrl())) {
            return raw.command(words);
        }
    }

    private String letter(int number) throws IOException {
        return raw(
                "XADD",
                stream + ":dlq",
                "*",
                "event_id",
                "e-" + number,
                "event_type",
                "client.created",
                "payload",
                new JsonObject()
                        .put("client_id", CLIENT)
                        .put("client_secret_hash", HASH)
                        .encode(),
                // A field of theirs that is called as ours is theirs.
                "dlq_reason",
                "theirs",
                "dlq_reason",
                "the database refuses it: clients_sound",
                "dlq_original_id",
                "1-" + number,
                "dlq_deliveries",
                "5",
                "dlq_failed_at",
                "2026-01-31T12:00:00Z");
    }

    private long length(String name) throws IOException {
        return Long.parseLong(raw("XLEN", name));
    }

    private CommandRun dlq(String... words) {
        String[] all = new String[words.length + 2];
        all[0] = "events";
        all[1] = "dlq";
        System.arraycopy(words, 0, all, 2, words.length);
        return place.run(all);
    }

    @Test
    void deadLettersAreListedForPeopleAndPrograms() throws IOException {
        String id = letter(1);
        JsonObject shown = dlq("list", "--json").array().getJsonObject(0);
        assertThat(shown)
                .isEqualTo(new JsonObject()
                        .put("id", id)
                        .put("original_id", "1-1")
                        .put("event_id", "e-1")
                        .put("event_type", "client.created")
                        .put("client_id", CLIENT)
                        .put("reason", "the database refuses it: clients_sound")
                        .put("deliveries", 5)
                        .put("failed_at", "2026-01-31T12:00:00Z"));
        CommandRun text = dlq("list");
        assertThat(text.exit()).isZero();
        assertThat(text.out()).contains(id, "e-1", CLIENT, "clients_sound").doesNotContain(HASH);
        assertThat(shown.encode()).doesNotContain(HASH);
    }

    @Test
    void aListIsPaged() throws IOException {
        letter(1);
        String second = letter(2);
        String third = letter(3);
        CommandRun page = dlq("list", "--limit=2");
        assertThat(page.out()).contains("e-2").doesNotContain("e-3");
        assertThat(page.err()).contains("--after " + second);
        CommandRun rest = dlq("list", "--after=" + second, "--json");
        assertThat(rest.array()).hasSize(1);
        assertThat(rest.array().getJsonObject(0).getString("id")).isEqualTo(third);
        assertThat(rest.err()).isEmpty();
    }

    @Test
    void whatOthersPutThereIsShownAsFarAsItCanBe() throws IOException {
        raw("XADD", stream + ":dlq", "*", "event_id", "\u001b[31mred", "payload", "\u00ff");
        CommandRun text = dlq("list");
        assertThat(text.exit()).isZero();
        assertThat(text.out()).doesNotContain("red", "\u001b");
    }

    @Test
    void noneIsSaid() {
        assertThat(dlq("list").out()).contains("No dead letters.");
        assertThat(dlq("list", "--json").array()).isEmpty();
    }

    @Test
    void aReplayPutsTheFieldsBackAsTheyWere() throws IOException {
        String id = letter(1);
        letter(2);
        CommandRun run = dlq("replay", id, "--json");
        assertThat(run.exit()).isZero();
        assertThat(run.object().getLong("replayed")).isEqualTo(1);
        assertThat(length(stream + ":dlq")).isEqualTo(1);
        assertThat(raw("EVAL", "return table.concat(redis.call('XRANGE', KEYS[1], '-', '+')[1][2], '|')", "1", stream))
                .startsWith("event_id|e-1|event_type|client.created|payload|")
                .endsWith("|dlq_reason|theirs");
    }

    @Test
    void allAreReplayedOrDropped() throws IOException {
        for (int i = 0; i < 250; i++) {
            letter(i);
        }
        assertThat(dlq("replay", "--all").out()).contains("250 dead letters replayed.");
        assertThat(length(stream)).isEqualTo(250);
        assertThat(length(stream + ":dlq")).isZero();
        for (int i = 0; i < 120; i++) {
            letter(i);
        }
        assertThat(dlq("drop", "--all", "--yes").out()).contains("120 dead letters dropped.");
        assertThat(length(stream + ":dlq")).isZero();
        assertThat(length(stream)).isEqualTo(250);
    }

    @Test
    void whatIsNotThereIsNamed() throws IOException {
        String id = letter(1);
        CommandRun run = dlq("drop", id, "1-1");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).contains("1 dead letter dropped.");
        assertThat(run.err()).contains("1-1");
    }

    @Test
    void allAreDroppedOnlyByWhoConfirms() throws IOException {
        letter(1);
        assertThat(dlq("drop", "--all").exit()).isEqualTo(2);
        place = place.withTerminal(new Answers("no"));
        assertThat(dlq("drop", "--all").exit()).isEqualTo(1);
        assertThat(length(stream + ":dlq")).isEqualTo(1);
        place = place.withTerminal(new Answers("yes"));
        assertThat(dlq("drop", "--all").exit()).isZero();
        assertThat(length(stream + ":dlq")).isZero();
    }

    private record Answers(String answer) implements Shell.Terminal {
        @Override
        public String ask(String question) {
            return answer;
        }

        @Override
        public char @Nullable [] askSecret(String question) {
            return null;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "list --limit=0",
                "list --limit=1001",
                "list --after=x",
                "replay",
                "drop",
                "replay x",
                "replay 1-1 --all"
            })
    void aWrongCommandLineIsSaid(String words) {
        assertThat(dlq(words.split(" ")).exit()).isEqualTo(2);
    }

    @Test
    void aRedisThatCannotBeReachedIsSaid() {
        Map<String, String> environment = new HashMap<>(place.environment());
        environment.put("PORTCULLIS_REDIS_URL", "redis://127.0.0.1:1");
        place = new CommandRun.Place(environment);
        CommandRun run = dlq("list");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("Redis");
    }
}
