package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands over the management API of a real gateway. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before all tests, and by JUnit
class ApiCommandsIT {

    private static TestGateway gateway;
    private static CommandRun.Place place;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        gateway = TestGateway.start(Map.of());
        place = gateway.commands();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static CommandRun run(String... words) {
        CommandRun run = place.run(words);
        assertThat(run.exit()).as(run.err()).isZero();
        return run;
    }

    private static JsonObject create(String code, String... more) {
        List<String> words = new ArrayList<>(List.of("client", "create", "--code", code, "--json"));
        words.addAll(List.of(more));
        return run(words.toArray(new String[0])).object();
    }

    private static String code() {
        return "c-" + UUID.randomUUID();
    }

    @Test
    void aClientIsChangedFieldByField() {
        String code = code();
        create(code, "--allow", "10.0.0.0/8", "--rate", "5", "--bap-id", "old");

        JsonObject changed = run(
                        "client",
                        "change",
                        code,
                        "--allow=192.0.2.0/24",
                        "--allow=2001:db8::/32",
                        "--rate=7",
                        "--scope=read",
                        "--metadata={\"team\": \"orders\", \"old\": 1}",
                        "--unset=bap-id",
                        "--wait",
                        "--json")
                .object();

        assertThat(changed.getJsonArray("allowed_ips")).containsExactly("192.0.2.0/24", "2001:db8::/32");
        assertThat(changed.getInteger("rate_limit")).isEqualTo(7);
        assertThat(changed.getValue("bap_id")).isNull();
        assertThat(changed.getBoolean("applied")).isTrue();
        assertThat(changed.getLong("seq")).isPositive();
        assertThat(run("client", "change", code, "--metadata", "{\"old\": null}", "--unset", "allow", "--unset", "rate")
                        .out())
                .contains("Change ");
        JsonObject shown = run("client", "show", code, "--json").object();
        assertThat(shown.getJsonObject("metadata")).isEqualTo(new JsonObject().put("team", "orders"));
        assertThat(shown.getJsonArray("allowed_ips")).isEmpty();
        assertThat(shown.getValue("rate_limit")).isNull();
        assertThat(shown.getJsonArray("scopes")).containsExactly("read");
        assertThat(place.run("client", "change", code, "--allow", "10.0.0.1/8").err())
                .startsWith("Invalid request: allowed_ips: 10.0.0.1/8")
                .contains("(65008)");
    }

    @Test
    void aClientIsRegisteredPendingAndRejected() throws Exception {
        String code = code();
        JsonObject created = create(code, "--pending");
        assertThat(created.getString("status")).isEqualTo("PENDING");
        assertThat(gateway.withKey(created.getString("key")).statusCode()).isEqualTo(403);
        assertThat(create(code(), "--no-key").containsKey("key")).isFalse();

        assertThat(place.run("client", "suspend", code).err())
                .isEqualTo("Conflict: the client is PENDING: it may be taken through approve, reject, revoke (65009)"
                        + System.lineSeparator());
        assertThat(run("client", "reject", code, "--reason", "unknown").out()).contains("REJECTED");
        assertThat(place.run("client", "approve", code).err()).contains("that is final");
    }

    @Test
    void clientsAreFound() {
        String tenant = code();
        String code = code();
        String id = create(code, "--tenant", tenant, "--owner", tenant + "-o", "--bap-id", "bap." + code)
                .getString("client_id");
        create(code(), "--tenant", tenant);

        for (String[] filter : new String[][] {
            {"--owner", tenant + "-o"}, {"--search", "bap." + code}, {"--search", id}, {"--search", code.substring(2)}
        }) {
            assertThat(run("client", "list", filter[0], filter[1], "--tenant", tenant, "--json").array().stream()
                            .map(client -> ((JsonObject) client).getString("client_id")))
                    .as(filter[1])
                    .containsExactly(id);
        }
        CommandRun page = run("client", "list", "--tenant", tenant, "--limit", "1");
        assertThat(page.err()).startsWith("There are more: --after ");
        String after = page.err().strip().replaceFirst(".* ", "");
        assertThat(run("client", "list", "--tenant", tenant, "--after", after)
                        .out()
                        .lines())
                .hasSize(2);
    }

    @Test
    void keysLiveAndAreUsed() throws Exception {
        String code = code();
        create(code, "--no-key");
        JsonObject made = run(
                        "key",
                        "create",
                        "--client",
                        code,
                        "--name=ci",
                        "--scope=read",
                        "--expires=90d",
                        "--wait",
                        "--json")
                .object();
        assertThat(made.getBoolean("applied")).isTrue();
        assertThat(made.getString("expires_at")).isNotNull();
        assertThat(gateway.withKey(made.getString("key")).statusCode()).isEqualTo(200);
        CommandRun listed = run("key", "list", "--client", code);
        assertThat(listed.out())
                .contains("LAST USED", made.getString("key_id"), "ci")
                .doesNotContain(made.getString("key"));
        assertThat(run("client", "show", code).out()).contains("LAST USED", made.getString("prefix"));

        assertThat(place.run("key", "revoke", made.getString("key"), "--client", code))
                .satisfies(run -> assertThat(run.exit()).isEqualTo(1))
                .satisfies(
                        run -> assertThat(run.err()).contains("no active key").doesNotContain("pk_live_"));
        assertThat(run("key", "revoke", made.getString("prefix"), "--client", code, "--wait")
                        .out())
                .contains("REVOKED", "applied by the one node");
        assertThat(gateway.withKey(made.getString("key")).statusCode()).isEqualTo(401);
        assertThat(place.run("key", "rotate", made.getString("key_id"), "--client", code)
                        .err())
                .contains("(65009)");
    }

    @Test
    void aTokenIsMadeUsedAndRevoked() {
        String name = code();
        CommandRun made = run("token", "create", "--name", name, "--role", "viewer", "--expires", "1h", "--json");
        String token = made.object().getString("token");
        CommandRun.Place viewer = withToken(token);

        assertThat(viewer.run("client", "list").exit()).isZero();
        CommandRun refused = viewer.run("client", "create", "--code", "x");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err())
                .isEqualTo("Insufficient scope: this is for role operator (65007)" + System.lineSeparator());
        CommandRun listed = run("token", "list", "--limit", "1000");
        assertThat(listed.out()).contains(name, "viewer", "cli:alice").doesNotContain(token);
        assertThat(run("token", "revoke", name).out()).contains("Revoked");
        CommandRun late = viewer.run("client", "list");
        assertThat(late.exit()).isEqualTo(1);
        assertThat(late.err()).contains("(65001)", "PORTCULLIS_API_TOKEN").doesNotContain(token);
    }

    @Test
    void whoIsBoundToATenantCanWaitAsWell() {
        String tenant = code();
        String token = run("token", "create", "--name=t", "--role=operator", "--tenant", tenant, "--json")
                .object()
                .getString("token");
        CommandRun.Place theirs = withToken(token);
        String code = code();

        assertThat(theirs.run("client", "create", "--code", code).exit()).isZero();
        CommandRun suspended = theirs.run("client", "suspend", code, "--wait");

        assertThat(suspended.exit()).as(suspended.err()).isZero();
        assertThat(suspended.out()).contains("applied by the one node");
        assertThat(theirs.run("audit", "--client", code).out()).contains("token:t", "client.suspend");
    }

    private static CommandRun.Place withToken(String token) {
        Map<String, String> environment = new HashMap<>(place.environment());
        environment.put("PORTCULLIS_API_TOKEN", token);
        return new CommandRun.Place(environment);
    }

    @Test
    void limitsAreShownAndReset() {
        String id = create(code(), "--rate", "5").getString("client_id");

        CommandRun shown = run("limits", "show", "client:" + id);
        assertThat(shown.out()).contains("POLICY", "client", "leased", "60000");
        assertThat(run("limits", "show", "client:" + id, "--json")
                        .object()
                        .getJsonArray("limits")
                        .getJsonObject(0)
                        .getInteger("left"))
                .isEqualTo(5);
        assertThat(run("limits", "reset", "client:" + id).out()).contains("client:" + id);
        assertThat(run("limits", "show", "ip:192.0.2.1", "--json").object().getJsonArray("limits"))
                .isEmpty();
    }

    @Test
    void clientsAreFoundByTheirOwner() {
        String user = code();
        String id = create(code(), "--owner", user).getString("client_id");

        assertThat(run("client", "owned-by", user).out()).contains(id, "ACTIVE");
        assertThat(run("client", "owned-by", user, "--json").array()).hasSize(1);
        assertThat(run("client", "owned-by", code(), "--json").array()).isEmpty();
    }

    @Test
    void theAuditIsSearched() {
        String code = code();
        String id = create(code).getString("client_id");
        run("client", "suspend", code, "--reason", "first");
        run("client", "reactivate", code, "--reason", "second");

        CommandRun newest = run("audit", "--client", code, "--limit", "1");
        assertThat(newest.out()).contains("client.reactivate", "second", "client:" + id);
        String after = newest.err().strip().replaceFirst(".*--after[ =]", "");
        assertThat(run("audit", "--entity", "client:" + id, "--after=" + after, "--json").array().stream()
                        .map(entry -> ((JsonObject) entry).getString("action")))
                .containsExactly("client.suspend", "client.registered");
        assertThat(run("audit", "--client", code, "--to", "1h", "--json").array())
                .isEmpty();
        assertThat(run("audit", "--client", code, "--from", "1h", "--actor", "cli:alice", "--json")
                        .array())
                .hasSize(3);
        assertThat(run("audit", "--client", code, "--actor", "cli:bob", "--json")
                        .array())
                .isEmpty();
    }

    @Test
    void manyClientsAreImportedAndTheirLinesKeepTheirNumbers() throws Exception {
        String tenant = code();
        Path file = folder.resolve("in.ndjson");
        Files.writeString(
                file,
                IntStream.rangeClosed(1, 2500).mapToObj(i -> line(tenant, i)).collect(Collectors.joining("\n")));
        Path results = folder.resolve("results.ndjson");

        CommandRun run =
                place.run("client", "import", file.toString(), "--activate", "--results", results.toString(), "--json");

        assertThat(run.exit()).as("some were refused").isEqualTo(1);
        assertThat(run.object().getInteger("lines")).isEqualTo(2500);
        assertThat(run.object().getInteger("registered")).isEqualTo(2497);
        assertThat(run.object().getInteger("refused")).isEqualTo(2);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(results)))
                .isEqualTo("rw-------");
        List<JsonObject> lines =
                Files.readAllLines(results).stream().map(JsonObject::new).toList();
        assertThat(lines.stream().filter(line -> line.containsKey("error")).map(line -> line.getInteger("line")))
                .containsExactlyInAnyOrder(1001, 2400);
        JsonObject keyed = lines.stream()
                .filter(line -> Objects.equals(line.getInteger("line"), 2300))
                .findFirst()
                .orElseThrow();
        assertThat(gateway.withKey(keyed.getJsonArray("keys").getString(0)).statusCode())
                .isEqualTo(200);
        assertThat(place.run("client", "import", file.toString(), "--results", results.toString())
                        .err())
                .contains("is there already");

        Path exported = folder.resolve("out.ndjson");
        assertThat(run("client", "export", exported.toString(), "--tenant", tenant)
                        .err())
                .contains("2,497 clients");
        assertThat(Files.readAllLines(exported)).hasSize(2497);
        assertThat(folder.resolve("out.ndjson.part")).doesNotExist();
        assertThat(run("client", "export", "-", "--tenant", tenant).out().lines())
                .hasSize(2497);
        CommandRun again = place.run("client", "import", exported.toString());
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.err()).contains("2,497 lines: 0 registered, 2,497 refused.");
    }

    private static String line(String tenant, int i) {
        return switch (i) {
            case 1001 -> "{\"client_code\": 1}";
            case 1500 -> "";
            case 2400 -> "no json";
            default ->
                new JsonObject()
                        .put("client_code", tenant + "-" + i)
                        .put("tenant_id", tenant)
                        .put("keys", i == 2300 ? 1 : 0)
                        .encode();
        };
    }

    @Test
    void anImportReadsStandardInput() {
        String lines = new JsonObject().put("client_code", code()).encode() + "\n";
        CommandRun run = place.withInput(lines).run("client", "import", "-");
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out().lines()).hasSize(2);
        assertThat(run.out()).contains("\"line\":1", "PENDING", "\"done\"");
        assertThat(run.err()).isEqualTo("1 lines: 1 registered, 0 refused." + System.lineSeparator());
        assertThat(place.withInput("").run("client", "import", "-").exit()).isZero();
        assertThat(place.withInput("x".repeat(300_000))
                        .run("client", "import", "-")
                        .err())
                .contains("line 1 is longer than 262144 bytes");
        assertThat(place.run("client", "import", folder.resolve("missing").toString())
                        .err())
                .contains("cannot be read");
    }

    @Test
    void whateverARowHoldsIsShown() throws Exception {
        String id = UUID.randomUUID().toString();
        gateway.sql("""
                INSERT INTO client_registry.clients (client_id, client_code, bap_uri, allowed_ips, scopes, client_secret_hash,
                    created_at, last_synced_at)
                VALUES ('%1$s', E'a\\nb\\x1b[31m', repeat('x', 100000), '{10.0.0.0/8,NULL}', '{a,NULL}', 'sha256:planted', 'infinity', '-infinity');
                INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) SELECT '%1$s', sha256((i || '%1$s')::bytea), '', ''
                FROM generate_series(1, 1001) i
                """.formatted(id));

        JsonObject shown = run("client", "show", id, "--json").object();
        String text = run("client", "show", id).out();

        assertThat(shown.getString("client_code")).isEqualTo("a\nb\u001b[31m");
        assertThat(shown.getString("created_at")).isEqualTo("infinity");
        assertThat(shown.getBoolean("has_secret")).isTrue();
        assertThat(shown.getValue("fault")).isNotNull();
        assertThat(shown.getJsonArray("keys")).hasSize(1000);
        assertThat(shown.getBoolean("more_keys")).isTrue();
        assertThat(text)
                .contains("a\ufffdb\ufffd[31m", "Refused", "There are more keys.")
                .doesNotContain("planted", "\u001b");
    }

    @Test
    void whatIsMissingIsAMissingThing() {
        assertThat(place.run("token", "revoke", UUID.randomUUID().toString()).err())
                .contains("(65019)");
        assertThat(place.run("key", "list", "--client", "nobody").err()).contains("(65006)");
        assertThat(new JsonArray(run("audit", "--client", UUID.randomUUID().toString(), "--json")
                        .out()))
                .isEmpty();
    }
}
