package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.portcullis.database.Migrations;
import io.portcullis.database.PostgresClients;
import io.portcullis.testing.TestServers;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

class PgClientRegistryIT extends ClientRegistryContract {

    private static final PostgresClients.Limits LIMITS =
            new PostgresClients.Limits(4, 100, 64, Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofHours(1));

    private static final Vertx vertx = Vertx.vertx();
    private static @Nullable String url;
    private static @Nullable PostgresClients postgres;
    private static @Nullable ClientRegistry registry;

    @BeforeAll
    static void migrate() {
        String fresh = TestServers.freshDatabaseUrl();
        url = fresh;
        PGSimpleDataSource jdbc = new PGSimpleDataSource();
        PgConnectOptions options = PgConnectOptions.fromUri(fresh);
        jdbc.setUrl("jdbc:postgresql://" + options.getHost() + ":" + options.getPort() + "/" + options.getDatabase());
        jdbc.setUser(options.getUser());
        jdbc.setPassword(options.getPassword());
        new Migrations(jdbc).migrate();
        PostgresClients clients = PostgresClients.create(vertx, options, LIMITS);
        postgres = clients;
        registry = new PgClientRegistry(clients.lookups(), clients.transactions());
    }

    @AfterAll
    static void close() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @Override
    ClientRegistry registry() {
        return Objects.requireNonNull(registry);
    }

    @Test
    void aRowOfPlainSqlIsServed() throws Exception {
        String id = id();
        sql("INSERT INTO client_registry.clients (client_id, client_code, status) VALUES ('" + id
                + "', 'psql', 'ACTIVE')");

        Client client = client(id);

        assertThat(client.clientCode()).isEqualTo("psql");
        assertThat(client.status()).isEqualTo(ClientStatus.ACTIVE);
        assertThat(client.fault()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "client_code = E'a\\r\\nX-Client-Id: b'",
                "client_code = repeat('x', 3000)",
                "bap_uri = 'http://ä'",
                "tenant_id = ' '",
                "scopes = ARRAY['a', NULL]",
                "scopes = ARRAY['a b']",
                "scopes = ARRAY['']",
                "scopes = (SELECT array_agg(n::text) FROM generate_series(1, 2000) n)",
                "allowed_ips = ARRAY[NULL]::cidr[]",
                "allowed_ips = (SELECT array_agg(('10.' || n / 256 || '.' || n % 256 || '.0/24')::cidr) FROM generate_series(1, 2000) n)"
            })
    void aBrokenRowIsARecordWithAFault(String breakage) throws Exception {
        String id = id();
        sql("INSERT INTO client_registry.clients (client_id, status) VALUES ('" + id + "', 'ACTIVE')");
        sql("UPDATE client_registry.clients SET " + breakage + " WHERE client_id = '" + id + "'");

        assertThat(client(id).fault()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "allowed_ips = ARRAY[['10.0.0.0/8'], ['192.0.2.0/24']]::cidr[]",
                "allowed_ips = ARRAY[]::cidr[]",
                "client_code = NULL",
                "rate_limit = -1",
                "metadata = to_jsonb(repeat('x', 1000000))",
                "created_at = 'infinity'",
                "last_synced_at = '-infinity'",
                "client_secret_hash = repeat('x', 100000)"
            })
    void anOddRowIsServed(String oddity) throws Exception {
        String id = id();
        sql("INSERT INTO client_registry.clients (client_id, status) VALUES ('" + id + "', 'ACTIVE')");
        sql("UPDATE client_registry.clients SET " + oddity + " WHERE client_id = '" + id + "'");

        assertThat(client(id).fault()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "'infinity', 9223372036854775807",
        "'-infinity', -9223372036854775808",
        "'4000-01-01Z', 64060588800000",
        "'0001-01-01Z', -62135596800000"
    })
    void anyTimestampHasAnEnd(String timestamp, long millis) throws Exception {
        String id = id();
        KeyDigest digest = digest();
        sql("SET timezone = 'UTC'; INSERT INTO client_registry.clients (client_id, status) VALUES ('" + id
                + "', 'ACTIVE');" + keyRow(id, digest, "expires_at", "'" + timestamp + "'"));

        ClientKey key = Objects.requireNonNull(
                await(registry().findByKeyDigest(digest, soon())).value());

        assertThat(key.expiresAt()).isEqualTo(millis);
    }

    @Test
    void aKeyWhoseClientIsGoneFindsNoClient() throws Exception {
        KeyDigest digest = digest();
        String superuser = TestServers.superuserUrl(Objects.requireNonNull(url));
        try (Connection connection = TestServers.connect(superuser);
                Statement statement = connection.createStatement()) {
            statement.execute("SET session_replication_role = replica;" + keyRow(id(), digest, "name", "'orphan'"));
        }

        Found found = await(registry().find(new Query.ByDigest(digest), soon()));

        assertThat(found.keyValue()).isNotNull();
        assertThat(found.clientValue()).isNull();
    }

    @Test
    void eachWriteHasItsAuditRowAndItsSecretIsNotInIt() throws Exception {
        ClientDraft draft = ClientDraft.active(id(), "audited");
        KeyDraft key = key(null);
        await(registry().upsert(draft, List.of(key), new Author("alice", "because", "c-1"), soon()));
        await(registry().updateStatus(draft.clientId(), ClientStatus.SUSPENDED, Author.of("bob"), soon()));

        assertThat(one(
                        "SELECT string_agg(actor || ' ' || action, ', ' ORDER BY id) FROM client_registry.audit_logs WHERE entity = 'client:"
                                + draft.clientId() + "'"))
                .isEqualTo("alice client.upserted, bob client.status");
        assertThat(one("SELECT string_agg(payload::text, ' ') FROM client_registry.audit_logs WHERE entity = 'client:"
                        + draft.clientId() + "'"))
                .contains("SUSPENDED", key.prefix())
                .doesNotContain(key.digest().hex());
    }

    @Test
    void aFailedWriteLeavesNoAuditRow() throws Exception {
        String id = id();

        assertThatThrownBy(() -> await(registry().updateStatus(id, ClientStatus.ACTIVE, Author.of("x"), soon())))
                .isInstanceOf(RegistryException.ClientNotFound.class);
        assertThat(one("SELECT count(*) FROM client_registry.audit_logs WHERE entity = 'client:" + id + "'"))
                .isEqualTo("0");
    }

    @Test
    void aDatabaseThatIsAwayIsUnavailableByTheDeadline() {
        PgConnectOptions nowhere =
                PgConnectOptions.fromUri(Objects.requireNonNull(url)).setPort(1);
        PostgresClients away = PostgresClients.create(vertx, nowhere, LIMITS);
        ClientRegistry cut = new PgClientRegistry(away.lookups(), away.transactions());

        assertThatThrownBy(() -> await(cut.getByClientId(id(), Deadline.in(Duration.ofSeconds(2)))))
                .isInstanceOfSatisfying(
                        RegistryException.Unavailable.class,
                        failure -> assertThat(failure.code()).isEqualTo(65011));
    }

    @Test
    void aLookUpThatTheDatabaseDoesNotAnswerEndsWithItsDeadline() throws Exception {
        try (Connection blocker = TestServers.connect(Objects.requireNonNull(url));
                Statement statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE client_registry.clients IN ACCESS EXCLUSIVE MODE");

            assertThatThrownBy(() -> await(registry().getByClientId(id(), Deadline.in(Duration.ofMillis(200)))))
                    .isInstanceOf(RegistryException.Unavailable.class)
                    .hasMessageContaining("in time");
            blocker.rollback();
        }
    }

    @Test
    void aColumnThatChangesItsTypeDoesNotBreakPreparedLookUps() throws Exception {
        ClientDraft draft = ClientDraft.active(id(), "code");
        await(registry().upsert(draft, List.of(), Author.of("x"), soon()));
        client(draft.clientId());
        // The trigger names the column in its condition; its absence is no part of this.
        sql("ALTER TABLE client_registry.clients RENAME COLUMN rate_limit TO rate_limit_4;"
                + "ALTER TABLE client_registry.clients ADD COLUMN rate_limit BIGINT");
        try {
            assertThat(client(draft.clientId()).clientCode()).isEqualTo("code");
        } finally {
            sql("ALTER TABLE client_registry.clients DROP COLUMN rate_limit;"
                    + "ALTER TABLE client_registry.clients RENAME COLUMN rate_limit_4 TO rate_limit");
        }
    }

    @Test
    void triggerFaultsAreTold() throws Exception {
        PostgresClients clients = Objects.requireNonNull(postgres);
        assertThat(await(clients.triggerFaults(Duration.ofSeconds(5)))).isEmpty();
        sql("ALTER TABLE client_registry.clients DISABLE TRIGGER log_update");
        try {
            assertThat(await(clients.triggerFaults(Duration.ofSeconds(5))))
                    .singleElement()
                    .asString()
                    .contains("clients", "log_update");
        } finally {
            sql("ALTER TABLE client_registry.clients ENABLE ALWAYS TRIGGER log_update");
        }
    }

    private Client client(String id) throws Exception {
        return Objects.requireNonNull(
                await(registry().getByClientId(id, soon())).value());
    }

    private static KeyDigest digest() {
        Random random = new Random();
        return new KeyDigest(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private static String keyRow(String clientId, KeyDigest digest, String column, String value) {
        return "INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix, " + column
                + ") VALUES ('" + clientId + "', '\\x" + HexFormat.of().formatHex(digest.bytes())
                + "', 'p', 'pk_t_abc', " + value + ")";
    }

    private static void sql(String text) throws SQLException {
        try (Connection connection = TestServers.connect(Objects.requireNonNull(url));
                Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    private static String one(String text) throws SQLException {
        try (Connection connection = TestServers.connect(Objects.requireNonNull(url));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(text)) {
            rows.next();
            return Objects.requireNonNull(rows.getString(1));
        }
    }
}
