package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.testing.AdminServiceStandIn;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sync commands against a real PostgreSQL, a real Redis and the Admin Service's stand-in. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // set before each test
class SyncCommandsIT {

    private static final String TOKEN = "let-the-gateway-in";

    private String database;
    private Map<String, String> environment;
    private AdminServiceStandIn service;
    private CommandRun.Place place;

    @BeforeEach
    void configure() {
        service = new AdminServiceStandIn(0, 120, TOKEN);
        database = TestServers.freshDatabaseUrl();
        environment = new HashMap<>(Map.of(
                "PORTCULLIS_POSTGRES_URL",
                database,
                "PORTCULLIS_REDIS_URL",
                TestServers.redisUrl(),
                "PORTCULLIS_REDIS_PREFIX",
                "sync-cli-" + UUID.randomUUID(),
                "PORTCULLIS_AUTH_PEPPER",
                "a pepper that is long enough for this",
                "PORTCULLIS_MANAGEMENT_TOKEN",
                "a-token-that-is-long-enough",
                "PORTCULLIS_ADMIN_SERVICE_URL",
                service.url(),
                "PORTCULLIS_ADMIN_SERVICE_TOKEN",
                TOKEN,
                "PORTCULLIS_SYNC_PAGE_SIZE",
                "50"));
        place = new CommandRun.Place(environment);
        assertThat(place.run("db", "migrate").exit()).isZero();
    }

    @AfterEach
    void close() {
        service.close();
    }

    private void sql(String text) throws SQLException {
        try (Connection connection = TestServers.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    private static String where(int index) {
        return " WHERE client_id = '" + AdminServiceStandIn.id(index) + "'";
    }

    @Test
    void aRegistryIsFilledDriftIsShownAndRepaired() throws Exception {
        CommandRun first = place.run("sync", "run", "--json");
        assertThat(first.err()).isEmpty();
        assertThat(first.exit()).isZero();
        assertThat(first.object().getString("status")).isEqualTo("COMPLETED");
        assertThat(first.object().getInteger("repaired")).isEqualTo(120);

        CommandRun none = place.run("sync", "diff");
        assertThat(none.exit()).isZero();
        assertThat(none.out()).isEmpty();
        assertThat(none.err()).contains("0 of 120 clients differ.");

        sql("UPDATE client_registry.clients SET rate_limit = 1" + where(3));
        sql("UPDATE client_registry.clients SET status = 'SUSPENDED'" + where(4));
        sql("UPDATE client_registry.clients SET client_secret_hash = 'sha256:planted'" + where(5));
        service.put(AdminServiceStandIn.madeUp(6).put("bap_uri", "http://line\nend"));

        CommandRun diff = place.run("sync", "diff", "--json");
        assertThat(diff.exit()).isEqualTo(1);
        List<JsonObject> lines = diff.out().lines().map(JsonObject::new).toList();
        assertThat(lines.stream()
                        .collect(Collectors.toMap(
                                line -> line.getString("client_id"), line -> line.getString("reason"))))
                .hasSize(4)
                .containsEntry(AdminServiceStandIn.id(3), "drifted")
                .containsEntry(AdminServiceStandIn.id(4), "held")
                .containsEntry(AdminServiceStandIn.id(5), "drifted");
        assertThat(diff.out()).doesNotContain("planted").doesNotContain("sha256");

        CommandRun people = place.run("sync", "diff");
        assertThat(people.out())
                .containsPattern(AdminServiceStandIn.id(3) + " +rate_limit +1 +→ +400")
                .containsPattern(AdminServiceStandIn.id(5) + " +client_secret_hash +\\*\\*\\* +→ +\\*\\*\\*")
                .containsPattern(AdminServiceStandIn.id(6) + " +no client's record");
        assertThat(place.run("sync", "diff", "--limit=1").err()).contains("there may be more");

        String hot = environment.get("PORTCULLIS_REDIS_PREFIX") + ":cid:" + AdminServiceStandIn.id(4);
        CommandRun second;
        try (RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            redis.set(hot, "what was so before");
            second = place.run("sync", "run");
            assertThat(redis.exists(hot)).isFalse();
        }
        assertThat(second.exit()).as("reports are no failure").isZero();
        assertThat(second.out()).contains("120 clients: 116 matched, 2 repaired, 2 reported, 0 absent");
        assertThat(place.run("sync", "diff").exit())
                .as("what is reported still differs")
                .isEqualTo(1);

        CommandRun status = place.run("sync", "status", "--json");
        JsonArray days = status.array();
        assertThat(days).hasSize(1);
        assertThat(days.getJsonObject(0).getInteger("synced")).isEqualTo(118);
        assertThat(place.run("sync", "status").out()).contains("COMPLETED");
    }

    /** One that was lowered here, one whose record is none, one that the source has no more; read one by one. */
    @Test
    void whatIsLeftToPeopleIsListedPageByPage() throws Exception {
        assertThat(place.run("sync", "run").exit()).isZero();
        sql("UPDATE client_registry.clients SET status = 'SUSPENDED'" + where(4));
        service.put(AdminServiceStandIn.madeUp(6).put("bap_uri", "http://line\nend"));
        service.remove(AdminServiceStandIn.id(8));
        assertThat(place.run("sync", "run").exit()).isZero();

        Map<String, String> statuses = new HashMap<>();
        environment.put("PORTCULLIS_MANAGEMENT_TOKEN", TestGateway.TOKEN);
        try (TestGateway gateway = TestGateway.start(environment)) {
            String after = "";
            for (int page = 0; page < 3; page++) {
                JsonObject answer = differences(gateway, "?limit=1" + after);
                JsonObject one = answer.getJsonArray("differences").getJsonObject(0);
                assertThat(one.getString("client_id")).isEqualTo(answer.getString("next"));
                statuses.put(one.getString("client_id"), one.getString("status"));
                after = "&after=" + answer.getString("next");
            }
            assertThat(differences(gateway, "?limit=1" + after).getJsonArray("differences"))
                    .isEmpty();
            assertThat(differences(gateway, "").getJsonArray("differences")).hasSize(3);
            assertThat(differences(gateway, "").getString("next")).isNull();
            for (String wrong : List.of("?limit=0", "?limit=1001", "?after=%27%3B", "?before=1")) {
                assertThat(gateway.administration("/admin/v1/sync/differences" + wrong)
                                .statusCode())
                        .as(wrong)
                        .isEqualTo(400);
            }
        }
        assertThat(statuses)
                .isEqualTo(Map.of(
                        AdminServiceStandIn.id(4), "REPORTED",
                        AdminServiceStandIn.id(6), "REPORTED",
                        AdminServiceStandIn.id(8), "ABSENT_AT_SOURCE"));
    }

    private static JsonObject differences(TestGateway gateway, String query) throws Exception {
        return new JsonObject(
                gateway.administration("/admin/v1/sync/differences" + query).body());
    }

    @Test
    void withoutAnAdminServiceItIsToldWhatIsMissing() {
        environment.remove("PORTCULLIS_ADMIN_SERVICE_URL");
        environment.remove("PORTCULLIS_ADMIN_SERVICE_TOKEN");
        CommandRun run = new CommandRun.Place(environment).run("sync", "run");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("admin-service.url", "PORTCULLIS_ADMIN_SERVICE_URL");
    }

    @Test
    void aSourceThatIsSuddenlyEmptyFailsAndMayBeBelieved() {
        CommandRun filled = place.run("sync", "run");
        assertThat(filled.err()).isEmpty();
        assertThat(filled.exit()).isZero();
        for (int i = 0; i < 120; i++) {
            service.remove(AdminServiceStandIn.id(i));
        }
        CommandRun refused = place.run("sync", "run");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("--accept-absent");

        assertThat(place.run("sync", "run", "--accept-absent").out()).contains("120 absent");
    }
}
