package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.RealRedis;
import io.portcullis.testing.TestServers;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Redis has of accounts, by client and by user, while they are registered and changed. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before each test
class SharedAccountsIT {

    private static final String HITS = "registry_lookups_total{result=\"hit\",tier=\"redis-owners\"}";
    private static final String FENCED = "registry_records_refused_total{reason=\"fence\"}";

    private final String prefix = "accounts" + UUID.randomUUID();
    private final String user = "user-" + UUID.randomUUID();
    private Vertx vertx;
    private Redis redis;
    private TestGateway gateway;
    private AdminCalls admin;

    @BeforeEach
    void start() throws Exception {
        vertx = Vertx.vertx();
        redis = Redis.createClient(vertx, TestServers.redisUrl());
        gateway = TestGateway.start(Map.of("PORTCULLIS_REDIS_PREFIX", prefix));
        admin = AdminCalls.of(gateway);
    }

    @AfterEach
    void stop() throws Exception {
        gateway.close();
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    /** Write-through: nobody has asked for it yet. */
    @Test
    void whoIsRegisteredIsCachedUnderBothNamesBeforeTheAnswerAndStaysSo() throws Exception {
        String client = register();

        assertThat(get("client:" + client)).isNotNull();
        assertThat(get("client:user:" + user)).isNotNull();

        // Behind the node's own reading of the log, which deletes what has changed.
        applied();
        TimeUnit.MILLISECONDS.sleep(300);
        assertThat(get("client:" + client)).isNotNull();
        double hits = gateway.metric(HITS);
        assertThat(owned()).containsExactly(client + " PENDING");
        assertThat(gateway.metric(HITS)).isEqualTo(hits + 1);
    }

    /** Write-around: who asks next fills it. */
    @Test
    void ofWhatIsChangedBothNamesAreDroppedBeforeTheAnswer() throws Exception {
        String client = register();
        for (String step : List.of("approve", "suspend", "reactivate", "revoke")) {
            assertThat(owned()).hasSize(1);
            assertThat(get("client:user:" + user)).isNotNull();

            AdminCalls.Answer answer = admin.post("/clients/" + client + "/" + step, null);

            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            assertThat(get("client:" + client)).as(step).isNull();
            assertThat(get("client:user:" + user)).as(step).isNull();
            assertThat(owned()).containsExactly(client + " " + answer.json().getString("status"));
        }
        String other = register();
        assertThat(owned()).hasSize(2);
        admin.patch("/clients/" + other, new JsonObject().put("rate_limit", 7), "If-Match", "*");
        assertThat(get("client:" + other)).isNull();
        assertThat(get("client:user:" + user)).isNull();
    }

    /** Plain SQL tells no cache: the fence does. */
    @Test
    void aListThatPlainSqlHasMadeOutdatedDoesNotCount() throws Exception {
        String client = register();
        String other = "user-" + UUID.randomUUID();
        assertThat(owned()).hasSize(1);

        gateway.sql("UPDATE client_registry.clients SET owner_user_id = '" + other + "' WHERE client_id = '" + client
                + "'");
        applied();
        assertThat(get("client:user:" + user)).as("nobody has deleted it").isNotNull();
        double fenced = gateway.metric(FENCED);
        assertThat(owned()).isEmpty();
        assertThat(gateway.metric(FENCED)).isEqualTo(fenced + 1);
        assertThat(owned(other)).containsExactly(client + " PENDING");

        gateway.sql("INSERT INTO client_registry.clients (owner_user_id) VALUES ('" + user + "')");
        applied();
        assertThat(owned()).hasSize(1);
        gateway.sql("TRUNCATE client_registry.clients CASCADE");
        applied();
        assertThat(owned()).isEmpty();
    }

    @Test
    void whatSomebodyElseHasWrittenThereDoesNotCount() throws Exception {
        register();
        String mine = user;
        String theirs = "user-" + UUID.randomUUID();
        byte[] list = Objects.requireNonNull(get("client:user:" + mine)).toBytes();

        call(Request.cmd(Command.SET).arg(prefix + ":client:user:" + theirs).arg(Buffer.buffer(list)));

        double forged = gateway.metric("registry_records_refused_total{reason=\"mac\"}");
        assertThat(owned(theirs)).isEmpty();
        assertThat(gateway.metric("registry_records_refused_total{reason=\"mac\"}"))
                .isEqualTo(forged + 1);
    }

    @Test
    void aTokenThatIsBoundToATenantSeesThatTenantsOnly() throws Exception {
        register();
        JsonObject ours = new JsonObject()
                .put("client_code", "ours")
                .put("owner_user_id", user)
                .put("tenant_id", "us");
        String client = admin.post("/clients", ours).json().getString("client_id");
        JsonObject token =
                new JsonObject().put("name", "us").put("role", "viewer").put("tenant_id", "us");
        AdminCalls bound = admin.with(admin.post("/tokens", token).json().getString("token"));

        assertThat(owned()).hasSize(2);
        assertThat(clients(bound.get("/owners/" + user + "/clients"))).containsExactly(client + " PENDING");
    }

    @Test
    void withoutRedisARegistrationIsDoneAndCounted() throws Exception {
        try (RealRedis own = new RealRedis()) {
            gateway.close();
            gateway = TestGateway.start(Map.of("PORTCULLIS_REDIS_URL", "redis://127.0.0.1:" + own.port()));
            admin = AdminCalls.of(gateway);
            register();
            own.kill();

            String client = register();

            assertThat(gateway.metric("registry_writes_not_cached_total")).isGreaterThanOrEqualTo(1);
            assertThat(owned()).hasSize(2);
            assertThat(admin.post("/clients/" + client + "/approve?wait=all", null)
                            .status())
                    .isEqualTo(200);
            await().untilAsserted(() -> assertThat(owned()).contains(client + " ACTIVE"));
        }
    }

    private String register() throws Exception {
        AdminCalls.Answer answer =
                admin.post("/clients", new JsonObject().put("client_code", "c").put("owner_user_id", user));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return answer.json().getString("client_id");
    }

    private List<String> owned() throws Exception {
        return owned(user);
    }

    private List<String> owned(String of) throws Exception {
        return clients(admin.get("/owners/" + of + "/clients"));
    }

    private static List<String> clients(AdminCalls.Answer answer) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        List<String> shown = new ArrayList<>();
        for (Object each : answer.json().getJsonArray("clients")) {
            JsonObject client = (JsonObject) each;
            shown.add(client.getString("client_id") + " " + client.getString("status"));
        }
        return shown;
    }

    /** Until this node has applied all that is committed. */
    private void applied() throws Exception {
        try (Connection connection = TestServers.connect(gateway.database());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT client_registry.current_seq()")) {
            row.next();
            assertThat(admin.get("/barrier?seq=" + row.getLong(1)).json().getBoolean("applied"))
                    .isTrue();
        }
    }

    private @Nullable Response get(String name) throws Exception {
        return call(Request.cmd(Command.GET).arg(prefix + ":" + name));
    }

    private @Nullable Response call(Request request) throws Exception {
        return redis.send(request).await(5, TimeUnit.SECONDS);
    }
}
