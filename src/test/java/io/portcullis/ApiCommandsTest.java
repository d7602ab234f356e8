package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.portcullis.config.Secret;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What commands send to a management port, and what they make of its answers. */
@Timeout(30)
@SuppressWarnings("NullAway.Init") // set before each test, and by JUnit
class ApiCommandsTest {

    private static final String ID = "7b0f6c4e-0000-4000-8000-000000000001";

    @TempDir
    private Path folder;

    private HttpServer server;
    private CommandRun.Place place;
    private final List<Asked> asked = new ArrayList<>();
    private final Deque<Answer> answers = new ArrayDeque<>();

    private record Asked(
            String line, String token, @Nullable String actor, String body) {}

    /** @param missing bytes that are promised and do not come */
    private record Answer(int status, String body, int missing) {}

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        place = new CommandRun.Place(Map.of("PORTCULLIS_API_TOKEN", "planted-token"));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            asked.add(new Asked(
                    exchange.getRequestMethod() + " " + exchange.getRequestURI(),
                    exchange.getRequestHeaders().getFirst("Authorization"),
                    exchange.getRequestHeaders().getFirst("X-Actor"),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            Answer next = answers.remove();
            byte[] body = next.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(next.status(), body.length + next.missing());
            exchange.getResponseBody().write(body);
        }
    }

    private void answers(int status, JsonObject body) {
        answers.add(new Answer(status, body.encode(), 0));
    }

    private CommandRun run(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--api", "http://127.0.0.1:" + server.getAddress().getPort()));
        return place.run(all.toArray(new String[0]));
    }

    private static JsonObject explanation() {
        return new JsonObject()
                .put("decision", "refused")
                .put("code", 65002)
                .put("status", 403)
                .put("title", "Address not allowed")
                .put(
                        "steps",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("step", "status")
                                        .put("outcome", "passed")
                                        .put("why", "the client is ACTIVE"))
                                .add(new JsonObject()
                                        .put("step", "address")
                                        .put("outcome", "refused")
                                        .put("why", "10.0.0.1 is in none of \u001b[31m")));
    }

    @Test
    void aDecisionIsExplainedStepByStep() {
        answers(200, explanation());

        CommandRun run = run(
                "explain",
                "--client",
                ID,
                "--method=POST",
                "--path=/orders?x=1",
                "--peer=10.0.0.1",
                "--header=X-Forwarded-For=192.0.2.1",
                "--header=Accept=a=b");

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out().lines().map(String::stripTrailing)).containsExactly("""
                Decision  refused
                Status    403
                Code      65002
                Title     Address not allowed

                STEP     OUTCOME  WHY
                status   passed   the client is ACTIVE
                address  refused  10.0.0.1 is in none of \ufffd[31m
                """.split("\n"));
        assertThat(asked).hasSize(1);
        assertThat(asked.get(0).line()).isEqualTo("POST /admin/v1/explain");
        assertThat(asked.get(0).token()).isEqualTo("Bearer planted-token");
        assertThat(asked.get(0).actor()).isEqualTo("cli:alice");
        assertThat(new JsonObject(asked.get(0).body()))
                .isEqualTo(new JsonObject()
                        .put("client_id", ID)
                        .put("method", "POST")
                        .put("path", "/orders?x=1")
                        .put("peer", "10.0.0.1")
                        .put(
                                "headers",
                                new JsonObject()
                                        .put("X-Forwarded-For", "192.0.2.1")
                                        .put("Accept", "a=b")));
    }

    @Test
    void aCredentialToExplainIsReadAndNeverShown() {
        answers(200, explanation());
        place = place.withInput("pk_live_planted\n");

        CommandRun run = run("explain", "--credential", "--json");

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.object()).isEqualTo(explanation());
        assertThat(asked.get(0).body()).isEqualTo("{\"credential\":\"pk_live_planted\"}");
    }

    @Test
    void statsAreTables() {
        JsonObject stats = new JsonObject()
                .put("from", "2026-01-02T03:04:00Z")
                .put("to", "2026-01-02T03:05:00Z")
                .put(
                        "minutes",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("minute", "2026-01-02T03:04:00Z")
                                        .put("requests", 3)
                                        .put(
                                                "outcomes",
                                                new JsonObject()
                                                        .put("allowed", 2)
                                                        .put("unknown", 1))
                                        .put("tiers", new JsonObject().put("near", 3))
                                        .put(
                                                "latency_ms",
                                                new JsonObject()
                                                        .put("p50", 0.1)
                                                        .put("p90", 0.2)
                                                        .put("p99", 0.3)
                                                        .put("max", 0.4))))
                .put("totals", new JsonObject().put("requests", 3))
                .put(
                        "top_clients",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("client_id", ID)
                                        .put("client_code", "acme")
                                        .put("tenant_id", null)
                                        .put("requests", 2)))
                .put("nodes", 1);
        answers(200, stats);
        answers(200, stats);

        CommandRun run = run("stats", "--minutes=1", "--top=5");

        assertThat(run.out().lines().map(String::stripTrailing)).containsExactly("""
                MINUTE                REQUESTS  P50 MS  P90 MS  P99 MS  MAX MS  OUTCOMES              TIERS
                2026-01-02T03:04:00Z  3         0.1     0.2     0.3     0.4     allowed 2, unknown 1  near 3

                CLIENT ID                             CODE  TENANT  REQUESTS
                7b0f6c4e-0000-4000-8000-000000000001  acme  -       2

                From            2026-01-02T03:04:00Z
                To              2026-01-02T03:05:00Z
                Nodes           1
                Total requests  3
                """.split("\n"));
        assertThat(asked.get(0).line()).isEqualTo("GET /admin/v1/stats?minutes=1&top=5");
        assertThat(run("stats", "--json").object()).isEqualTo(stats);
    }

    @Test
    void aRefusalIsItsTitleDetailAndCodeAndCannotReachTheTerminal() {
        answers(
                409,
                new JsonObject()
                        .put("title", "Conflict")
                        .put("detail", "evil \u001b[2J\nnext line")
                        .put("code", 65009));

        CommandRun run = run("client", "approve", ID);

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualTo("Conflict: evil \ufffd[2J\ufffdnext line (65009)" + System.lineSeparator());
    }

    @Test
    void whatIsNoManagementPortIsSaidToBeNone() {
        answers.add(new Answer(200, "<html>", 0));
        answers.add(new Answer(502, "{}", 0));
        answers.add(new Answer(302, "", 0));

        for (int i = 0; i < 3; i++) {
            CommandRun run = run("client", "list");

            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.err()).contains("not as a management port does").hasLineCount(1);
        }
    }

    @Test
    void whatTextsAreSentAsIsSafeInAUrl() {
        answers(200, new JsonObject().put("clients", new JsonArray()).put("next", null));

        run("client", "list", "--search", "a b&limit=1+ü", "--tenant", "x/y");

        assertThat(asked.get(0).line())
                .isEqualTo("GET /admin/v1/clients?tenant_id=x%2Fy&q=a%20b%26limit%3D1%2B%C3%BC&limit=50");
    }

    @Test
    void aChangeWhoseEndIsUnknownIsNotCalledUndone() {
        answers.add(new Answer(200, "{", 5));

        CommandRun run = run("client", "revoke", ID);

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err())
                .contains("broke off", "whether it was done is not known")
                .hasLineCount(1);
    }

    @Test
    void anExportThatBreaksOffLeavesNoFile() {
        answers.add(new Answer(200, "{\"client_id\":\"1\"}\n{\"client", 100));
        Path file = folder.resolve("out.ndjson");

        CommandRun run = run("client", "export", file.toString());

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("the export is not whole").hasLineCount(1);
        assertThat(file).doesNotExist();
    }

    @Test
    void anImportWhoseAnswerHasNoEndSaysHowFarItCame() throws IOException {
        Path file = Files.writeString(folder.resolve("in.ndjson"), "{}\n".repeat(1500));
        answers.add(new Answer(
                200, "{\"line\":1,\"client_id\":\"x\"}\n{\"done\":{\"lines\":1000,\"registered\":1,\"seq\":7}}\n", 0));
        answers.add(new Answer(200, "{\"line\":1,\"error\":{\"code\":65011,\"detail\":\"PostgreSQL\"}}\n", 0));

        CommandRun run = run("client", "import", file.toString());

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).contains("\"client_id\":\"x\"").doesNotContain("\"done\"");
        assertThat(run.err()).contains("line 1001", "PostgreSQL (65011)").hasLineCount(1);
        assertThat(asked).hasSize(2);
        assertThat(asked.get(1).body()).hasSize(1500);
    }

    @Test
    void whoIsNamedLikeNoHeaderMayBeIsWrittenSafely() throws CommandException {
        answers(200, new JsonObject());
        ApiAddress address = new ApiAddress(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()), new Secret("token"));

        new ManagementClient(address, "cli:DOMAIN\\Jane Döe\r\nX-Evil: 1" + "x".repeat(300)).get("/x");

        assertThat(asked.get(0).actor())
                .startsWith("cli:DOMAIN\\Jane_D_e__X-Evil:_1x")
                .hasSize(200);
    }

    @Test
    void aListGoesOnPastManyNamesakesAndStopsBeforeAMillion() {
        for (int i = 0; i < 20; i++) {
            answers(
                    200,
                    new JsonObject()
                            .put("clients", new JsonArray().add(new JsonObject().put("client_code", "xa")))
                            .put("next", UUID.randomUUID().toString()));
        }

        CommandRun run = run("client", "show", "a");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("name the client by its id");
        assertThat(asked).hasSize(20);
    }
}
