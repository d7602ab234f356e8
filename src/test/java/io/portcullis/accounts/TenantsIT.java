package io.portcullis.accounts;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.Pepper;
import io.portcullis.bus.Deadline;
import io.portcullis.database.Migrations;
import io.portcullis.database.PostgresClients;
import io.portcullis.testing.TestServers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgConnectOptions;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** Tenants are kept apart by PostgreSQL alone, where the code's own rule is taken out. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before each test
class TenantsIT {

    private static final Principal US = new Principal("t1", "us", Role.ADMIN, "us");

    /** As if somebody had forgotten it. */
    private static final TenantRule NO_RULE = new TenantRule() {
        @Override
        boolean admits(Principal principal, @Nullable String tenant) {
            return true;
        }

        @Override
        @Nullable
        String narrowed(Principal principal, @Nullable String wanted) {
            return wanted;
        }
    };

    private Vertx vertx;
    private PostgresClients postgres;
    private String url;
    private Clients clients;
    private ClientKeys keys;
    private Tokens tokens;
    private String theirs;
    private String theirKey;

    @BeforeEach
    void migrate() throws Exception {
        vertx = Vertx.vertx();
        url = TestServers.freshDatabaseUrl();
        PGSimpleDataSource source = new PGSimpleDataSource();
        URI uri = URI.create(url);
        source.setUrl("jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath());
        source.setUser(uri.getUserInfo().split(":", 2)[0]);
        source.setPassword(uri.getUserInfo().split(":", 2)[1]);
        new Migrations(source).migrate();
        postgres = PostgresClients.create(
                vertx,
                PgConnectOptions.fromUri(url),
                new PostgresClients.Limits(
                        4, 1000, 64, Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofHours(1)));
        Pepper pepper = new Pepper("a pepper for the tests of tenants");
        clients = new Clients(postgres.transactions(), pepper, Owners.ANY, CachedClients.NONE, NO_RULE);
        keys = new ClientKeys(postgres.transactions(), pepper, NO_RULE);
        tokens = new Tokens(postgres.transactions(), NO_RULE);
        JsonObject made = done(clients.register(
                by(Principal.CONFIGURED),
                new JsonObject()
                        .put("client_code", "x")
                        .put("tenant_id", "them")
                        .put("keys", 1),
                false));
        theirs = made.getString("client_id");
        theirKey = made.getJsonArray("keys").getJsonObject(0).getString("key_id");
    }

    @AfterEach
    void close() {
        await(postgres.close());
        await(vertx.close());
    }

    @Test
    void withoutTheCodesRuleTheDatabaseHidesWhatIsNotTheirs() {
        assertThat(reason(await(clients.get(by(US), theirs)))).isEqualTo(Refusal.Reason.NOT_FOUND);
        assertThat(reason(await(clients.patch(by(US), theirs, new JsonObject().put("rate_limit", 1), null))
                        .reply()))
                .isEqualTo(Refusal.Reason.NOT_FOUND);
        for (Lifecycle step : Lifecycle.values()) {
            assertThat(reason(await(clients.step(by(US), theirs, step, null)).reply()))
                    .isEqualTo(Refusal.Reason.NOT_FOUND);
        }
        assertThat(reason(await(keys.create(by(US), theirs, new JsonObject())).reply()))
                .isEqualTo(Refusal.Reason.NOT_FOUND);
        assertThat(reason(await(keys.list(by(US), theirs, null, 10)))).isEqualTo(Refusal.Reason.NOT_FOUND);
        assertThat(reason(await(keys.rotate(by(US), theirs, theirKey, Duration.ZERO, null))
                        .reply()))
                .isEqualTo(Refusal.Reason.NOT_FOUND);
        assertThat(reason(await(keys.revoke(by(US), theirs, theirKey, null)).reply()))
                .isEqualTo(Refusal.Reason.NOT_FOUND);
        assertThat(await(clients.page(by(US), Clients.Filter.NONE, null, 10))).isEmpty();
        assertThat(await(new Audits(postgres.transactions())
                                .list(by(US), new Audits.Filter(null, null, null, null), null, 10))
                        .getJsonArray("entries"))
                .isEmpty();
    }

    @Test
    void withoutTheCodesRuleNothingIsWrittenForOthers() {
        assertThat(reason(await(clients.register(
                                by(US), new JsonObject().put("client_code", "y").put("tenant_id", "them"), true))
                        .reply()))
                .isEqualTo(Refusal.Reason.NOT_FOUND);
        String ours = done(clients.register(by(US), new JsonObject().put("client_code", "z"), true))
                .getString("client_id");
        assertThat(reason(await(clients.patch(by(US), ours, new JsonObject().put("tenant_id", "them"), null))
                        .reply()))
                .isEqualTo(Refusal.Reason.NOT_FOUND);
        assertThat(reason(await(tokens.create(
                                by(US),
                                new JsonObject()
                                        .put("name", "t")
                                        .put("role", "admin")
                                        .put("tenant_id", "them")))
                        .reply()))
                .isEqualTo(Refusal.Reason.NOT_FOUND);
        assertThat(await(clients.page(by(Principal.CONFIGURED), Clients.Filter.NONE, null, 10)))
                .hasSize(2);
    }

    /** Else the two tests above could pass for another reason. */
    @Test
    void withNeitherAllIsSeen() throws Exception {
        sql("ALTER TABLE client_registry.clients DISABLE ROW LEVEL SECURITY");

        assertThat(await(clients.page(by(US), Clients.Filter.NONE, null, 10))).hasSize(1);
    }

    @Test
    void whoCannotTakeTheRoleIsToldSoAndSeesNothing() throws Exception {
        sql("REVOKE ALL ON SCHEMA client_registry FROM portcullis_tenant");

        Future<List<JsonObject>> page = clients.page(by(US), Clients.Filter.NONE, null, 10);

        assertThat(page.transform(done -> Future.succeededFuture(done.cause())).await())
                .isInstanceOf(AccountsException.class);
    }

    private void sql(String text) throws SQLException {
        try (Connection connection = TestServers.connect(url);
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    private static Asked by(Principal principal) {
        return new Asked(principal, null, "test", null, Deadline.in(Duration.ofSeconds(10)));
    }

    private static Refusal.Reason reason(Reply reply) {
        assertThat(reply).isInstanceOf(Reply.Refused.class);
        return ((Reply.Refused) reply).refusal().reason();
    }

    private static JsonObject done(Future<Answered> answered) {
        return ((Reply.Done) await(answered).reply()).body();
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.await(20, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new AssertionError(e);
        }
    }
}
