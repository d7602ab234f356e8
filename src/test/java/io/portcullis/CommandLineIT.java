package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.embedded.RunFile;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands against a real PostgreSQL and a real Redis. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before each test
class CommandLineIT {

    private static final String PEPPER = "a pepper that is long enough for this";
    private static final String UNKNOWN = "00000000-0000-4000-8000-000000000000";

    private String database;
    private String prefix;
    private Map<String, String> environment;
    private CommandRun.Place place;
    private @Nullable TestGateway gateway;

    @BeforeEach
    void configure() {
        database = TestServers.freshDatabaseUrl();
        prefix = "cli-" + UUID.randomUUID();
        environment = new HashMap<>(Map.of(
                "PORTCULLIS_POSTGRES_URL",
                database,
                "PORTCULLIS_REDIS_URL",
                TestServers.redisUrl(),
                "PORTCULLIS_REDIS_PREFIX",
                prefix,
                "PORTCULLIS_AUTH_PEPPER",
                PEPPER,
                "PORTCULLIS_MANAGEMENT_TOKEN",
                "a-token-that-is-long-enough"));
        place = new CommandRun.Place(environment);
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.close();
        }
    }

    /** Has a gateway on the database, which commands find by the environment. */
    private TestGateway serve() throws Exception {
        TestGateway started = TestGateway.startOn(database, Map.of("PORTCULLIS_AUTH_PEPPER", PEPPER));
        gateway = started;
        environment.putAll(started.commands().environment());
        environment.put("PORTCULLIS_AUTH_PEPPER", PEPPER);
        place = new CommandRun.Place(environment);
        return started;
    }

    private void migrate() {
        assertThat(place.run("db", "migrate").exit()).isZero();
    }

    private JsonObject create(String... options) {
        List<String> args = new ArrayList<>(List.of("client", "create", "--json"));
        args.addAll(List.of(options));
        CommandRun run = place.run(args.toArray(new String[0]));
        assertThat(run.err()).isEmpty();
        assertThat(run.exit()).isZero();
        return run.object();
    }

    private List<String> query(String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    @Test
    void aClientLivesFromItsCreationToItsRevocation() throws Exception {
        serve();
        CommandRun created = place.run(
                "client",
                "create",
                "--code=acme",
                "--tenant=shop",
                "--owner=u1",
                "--allow=10.0.0.0/8",
                "--allow=192.0.2.1",
                "--rate=7",
                "--bap-id=bap.example",
                "--bap-uri=https://bap.example/",
                "--scope=read",
                "--scope=write",
                "--name=laptop",
                "--env=test1");

        assertThat(created.exit()).isZero();
        assertThat(created.err()).isEmpty();
        assertThat(created.out()).contains("shown this once", "Change 2.");
        JsonObject shown = place.run("client", "show", "acme", "--json").object();
        String id = shown.getString("client_id");
        assertThat(created.out()).contains(id);
        assertThat(shown.getString("status")).isEqualTo("ACTIVE");
        assertThat(shown.getString("tenant_id")).isEqualTo("shop");
        assertThat(shown.getString("owner_user_id")).isEqualTo("u1");
        assertThat(shown.getString("bap_id")).isEqualTo("bap.example");
        assertThat(shown.getString("bap_uri")).isEqualTo("https://bap.example/");
        assertThat(shown.getInteger("rate_limit")).isEqualTo(7);
        assertThat(shown.getJsonArray("allowed_ips")).containsExactly("10.0.0.0/8", "192.0.2.1/32");
        assertThat(shown.getJsonArray("scopes")).containsExactly("read", "write");
        JsonObject key = shown.getJsonArray("keys").getJsonObject(0);
        assertThat(key.getString("name")).isEqualTo("laptop");
        assertThat(key.getString("prefix")).startsWith("pk_test1_");
        assertThat(place.run("client", "show", id.toUpperCase(Locale.ROOT)).out())
                .contains("acme", "laptop");

        assertThat(place.run("client", "suspend", "acme", "--reason", "unpaid").out())
                .contains("SUSPENDED");
        assertThat(place.run("client", "reactivate", id).out()).contains("ACTIVE");
        CommandRun revoked = place.run("client", "revoke", id, "--json");
        assertThat(revoked.object().getString("status")).isEqualTo("REVOKED");
        assertThat(revoked.object().getLong("seq")).isEqualTo(5);

        CommandRun illegal = place.run("client", "reactivate", id);
        assertThat(illegal.exit()).isEqualTo(1);
        assertThat(illegal.out()).isEmpty();
        assertThat(illegal.err()).contains("REVOKED", "(65009)").hasLineCount(1);
        assertThat(query("SELECT concat_ws(' ', actor, action, reason)"
                        + " FROM client_registry.audit_logs ORDER BY id"))
                .containsExactly(
                        "cli:alice client.registered",
                        "cli:alice key.created",
                        "cli:alice client.suspend unpaid",
                        "cli:alice client.reactivate",
                        "cli:alice client.revoke");
    }

    @Test
    void aKeyIsPrintedOnceAndStoredNowhere() throws Exception {
        serve();
        JsonObject created = create("--code", "acme");
        String key = created.getString("key");

        assertThat(ApiKey.isWellFormed(key)).isTrue();
        assertThat(place.run("client", "show", "acme", "--json").out()).doesNotContain(key);
        assertThat(place.run("client", "show", "acme").out()).doesNotContain(key);
        assertThat(query("SELECT encode(digest, 'hex') FROM client_registry.client_keys"))
                .containsExactly(new Pepper(PEPPER).digest(key).hex());
        List<String> tables = query("SELECT quote_ident(schemaname) || '.' || quote_ident(tablename)"
                + " FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')");
        assertThat(tables).contains("client_registry.clients", "client_registry.audit_logs");
        String secretPart = key.substring(created.getString("key_prefix").length());
        for (String table : tables) {
            assertThat(String.join("\n", query("SELECT t::text FROM " + table + " t")))
                    .as(table)
                    .doesNotContain(key, secretPart);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"show", "approve", "reject", "suspend", "reactivate", "revoke"})
    void whoIsNotThereIsNotFound(String command) throws Exception {
        serve();
        for (String id : List.of(UNKNOWN, "nobody")) {
            CommandRun run = place.run("client", command, id);

            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).contains("(65006)").hasLineCount(1);
        }
    }

    @Test
    void aCodeOfSeveralClientsNamesNone() throws Exception {
        serve();
        create("--code", "twin", "--id", "00000000-0000-4000-8000-000000000001");
        CommandRun second =
                place.run("client", "create", "--code", "twin", "--id", "00000000-0000-4000-8000-000000000002");

        assertThat(second.exit()).isZero();
        assertThat(second.err()).contains("name this one by its id");
        CommandRun run = place.run("client", "revoke", "twin");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err())
                .contains("(65009)", "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002");
        assertThat(place.run("client", "list", "--status", "revoked", "--json").array())
                .isEmpty();
    }

    @Test
    void anIdThatIsTakenIsNotOverwritten() throws Exception {
        serve();
        create("--code", "first", "--id", UNKNOWN);

        CommandRun run = place.run("client", "create", "--code", "second", "--id", UNKNOWN);

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("(65009)");
        assertThat(query("SELECT client_code FROM client_registry.clients")).containsExactly("first");
        assertThat(query("SELECT count(*) FROM client_registry.client_keys")).containsExactly("1");
    }

    @Test
    void clientsAreListedPageByPage() throws Exception {
        serve();
        for (int i = 1; i <= 3; i++) {
            create("--code", "c" + i, "--id", "00000000-0000-4000-8000-00000000000" + i);
        }
        place.run("client", "suspend", "c2");

        CommandRun first = place.run("client", "list", "--limit", "2", "--json");
        assertThat(first.array())
                .extracting(client -> ((JsonObject) client).getString("client_code"))
                .containsExactly("c1", "c2");
        assertThat(first.err()).contains("--after 00000000-0000-4000-8000-000000000002");
        CommandRun rest =
                place.run("client", "list", "--limit", "2", "--after", "00000000-0000-4000-8000-000000000002");
        assertThat(rest.out().lines())
                .hasSize(2)
                .anySatisfy(line -> assertThat(line).contains("c3"));
        assertThat(rest.err()).isEmpty();
        assertThat(place.run("client", "list", "--status", "SUSPENDED", "--json")
                        .array())
                .extracting(client -> ((JsonObject) client).getString("client_code"))
                .containsExactly("c2");
    }

    @Test
    void whoWaitsIsToldWhetherEveryNodeHasAppliedTheChange() throws Exception {
        serve();
        create("--code", "acme");

        CommandRun nobody = place.run("client", "suspend", "acme", "--wait");
        assertThat(nobody.exit()).isZero();
        assertThat(nobody.out()).contains("Change 2, applied by the one node there is.");

        heartbeat("gone", 2, "now() - interval '61 seconds'");
        heartbeat("follows", 3, "now()");
        CommandRun applied = place.run("client", "reactivate", "acme", "--wait=10s", "--json");
        assertThat(applied.exit()).isZero();
        assertThat(applied.object().getLong("seq")).isEqualTo(3);
        assertThat(applied.object().getBoolean("applied")).isTrue();
        assertThat(applied.object().getJsonArray("silent")).containsExactly("gone");

        CommandRun late = place.run("client", "suspend", "acme", "--wait=300ms", "--json");
        assertThat(late.exit()).isEqualTo(1);
        assertThat(late.object().getString("status")).isEqualTo("SUSPENDED");
        assertThat(late.object().getBoolean("applied")).isFalse();
        assertThat(late.object().getString("may_accept_until")).isNotNull();
        assertThat(late.err()).contains("not yet applied by: follows");

        assertThat(place.run("client", "suspend", "acme", "--wait=soon").exit()).isEqualTo(2);
        assertThat(place.run("client", "suspend", "acme", "--wait=11m").exit()).isEqualTo(2);
    }

    @Test
    void theEpochCanBeReset() throws Exception {
        migrate();
        String before = query("SELECT client_registry.current_epoch()").get(0);

        CommandRun run = place.run("db", "reset-epoch", "--json");

        assertThat(run.exit()).isZero();
        assertThat(run.object().getString("epoch")).isNotEqualTo(before);
        assertThat(query("SELECT client_registry.current_epoch()"))
                .containsExactly(run.object().getString("epoch"));
    }

    private void heartbeat(String name, long applied, String at) throws Exception {
        query(
                "INSERT INTO client_registry.node_heartbeats (node_id, node_name, epoch, applied_seq, beat_at, lease_ms, grace_ms) VALUES ('"
                        + name + "', '" + name + "', client_registry.current_epoch(), " + applied + ", " + at
                        + ", 5000, 55000) RETURNING node_id");
    }

    @Test
    void theSchemaGoesUpAndDown() throws Exception {
        int steps = place.run("db", "status", "--json").array().size();
        assertThat(place.run("db", "status").out().lines().skip(1))
                .hasSize(steps)
                .allSatisfy(line -> assertThat(line).contains("pending"));

        assertThat(place.run("db", "migrate", "--json").object().getInteger("applied"))
                .isEqualTo(steps);
        assertThat(place.run("db", "migrate").out()).contains("up to date");
        assertThat(place.run("db", "status").out()).doesNotContain("pending");

        CommandRun back = place.run("db", "rollback", "--yes", "--json");
        assertThat(back.object().getJsonObject("rolled_back").getString("version"))
                .isEqualTo(String.valueOf(steps));
        for (int i = 1; i < steps; i++) {
            assertThat(place.run("db", "rollback", "--yes").out()).contains("was taken back");
        }
        assertThat(place.run("db", "rollback", "--yes").out()).contains("no step to take back");
        assertThat(query("SELECT nspname FROM pg_namespace WHERE nspname = 'client_registry'"))
                .isEmpty();
    }

    @Test
    void aPersonIsAskedBeforeARollback() {
        migrate();
        List<String> questions = new ArrayList<>();
        JsonArray steps = place.run("db", "status", "--json").array();
        String newest = steps.getJsonObject(steps.size() - 1).getString("description");

        CommandRun no = place.withTerminal(new Person("no", questions)).run("db", "rollback");
        CommandRun yes = place.withTerminal(new Person("Yes ", questions)).run("db", "rollback");

        assertThat(no.exit()).isEqualTo(1);
        assertThat(no.err()).contains("nothing was changed");
        assertThat(yes.exit()).isZero();
        assertThat(questions)
                .hasSize(2)
                .allSatisfy(question -> assertThat(question)
                        .contains(newest, "postgresql://")
                        .doesNotContain(URI.create(database).getUserInfo()));
        assertThat(place.run("db", "status").out()).contains("pending");
    }

    @Test
    void aDatabaseWithoutTheSchemaIsADatabaseError() {
        CommandRun run = place.run("key", "peppers");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("(65011)");
    }

    @Test
    void aRunningEmbeddedGatewayIsFoundByItsFolder(@TempDir Path data) throws Exception {
        TestGateway serving = serve();
        Path secrets = Files.createDirectories(data.resolve("secrets"));
        Files.writeString(secrets.resolve("management-token"), TestGateway.TOKEN + "\n");
        RunFile.ofThisProcess(
                        "http://127.0.0.1:1",
                        "http://127.0.0.1:" + serving.managementPort(),
                        database,
                        TestServers.redisUrl(),
                        secrets)
                .write(data);
        CommandRun.Place bare = new CommandRun.Place(Map.of());

        CommandRun created = bare.run("client", "create", "--code", "acme", "--data", data.toString(), "--json");

        assertThat(created.exit()).as(created.err()).isZero();
        assertThat(serving.withKey(created.object().getString("key")).statusCode())
                .isEqualTo(200);
        assertThat(bare.run("key", "peppers", "--data", data.toString()).err()).contains("pepper");
        CommandRun.Place configured = new CommandRun.Place(Map.of("PORTCULLIS_EMBEDDED_DATA", data.toString()));
        assertThat(configured.run("client", "show", "acme").exit()).isZero();
        assertThat(configured.run("db", "status").exit()).isZero();
    }

    @Test
    void aGatewayWhosePortIsTakenSaysSo() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            environment.put("PORTCULLIS_SERVER_HOST", "127.0.0.1");
            environment.put("PORTCULLIS_SERVER_PORT", String.valueOf(taken.getLocalPort()));
            environment.put("PORTCULLIS_MANAGEMENT_PORT", "0");

            CommandRun run = new CommandRun.Place(environment).run("run");

            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.err())
                    .contains("127.0.0.1:" + taken.getLocalPort(), "the port is in use", "server.port")
                    .hasLineCount(1);
        }
    }

    /** The real program: whatever is logged, standard output is the answer alone. */
    @Test
    void theProgramKeepsItsOutputClean() throws Exception {
        serve();
        create("--code", "acme");
        // A row that cannot be served is a line of log.
        query("INSERT INTO client_registry.clients (client_code, allowed_ips) VALUES ('broken', '{NULL}') RETURNING 1");
        ProcessBuilder program = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                System.getProperty("portcullis.jar"),
                "client",
                "list",
                "--json");
        program.environment().putAll(environment);
        program.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process = program.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(out.lines()).hasSize(1);
        assertThat(new JsonArray(out))
                .extracting(client -> ((JsonObject) client).getString("client_code"))
                .containsExactlyInAnyOrder("acme", "broken");
    }

    /** Somebody who always answers the same. */
    private record Person(String answer, List<String> questions) implements Shell.Terminal {

        @Override
        public String ask(String question) {
            questions.add(question);
            return answer;
        }

        @Override
        public char @Nullable [] askSecret(String question) {
            return null;
        }
    }
}
