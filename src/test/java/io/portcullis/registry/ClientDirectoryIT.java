package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.bus.Deadline;
import io.portcullis.database.Migrations;
import io.portcullis.testing.TestServers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.net.URI;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** Rows as others write them, shown. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before each test
class ClientDirectoryIT {

    private static final String ID = "00000000-0000-4000-8000-000000000001";

    private String url;
    private Vertx vertx;
    private ClientDirectory directory;

    @BeforeEach
    void connect() {
        url = TestServers.freshDatabaseUrl();
        URI uri = URI.create(url);
        String[] account = uri.getUserInfo().split(":", 2);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath());
        source.setUser(account[0]);
        source.setPassword(account[1]);
        new Migrations(source).migrate();
        vertx = Vertx.vertx();
        Pool pool = PgBuilder.pool()
                .using(vertx)
                .connectingTo(PgConnectOptions.fromUri(url))
                .with(new PoolOptions().setMaxSize(1))
                .build();
        directory = new ClientDirectory(pool);
    }

    @AfterEach
    void disconnect() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    private void sql(String sql) throws Exception {
        try (Connection connection = TestServers.connect(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(10));
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.await(20, TimeUnit.SECONDS);
    }

    @Test
    void whateverARowHoldsIsShown() throws Exception {
        sql("""
                INSERT INTO client_registry.clients (client_id, client_code, bap_uri, allowed_ips, scopes, client_secret_hash,
                    created_at, last_synced_at)
                VALUES ('%1$s', E'a\\nb', repeat('x', 100000), '{10.0.0.0/8,NULL}', '{a,NULL}', 'sha256:planted', 'infinity', '-infinity');
                INSERT INTO client_registry.client_keys (key_id, client_id, digest, pepper_id, prefix, name, scopes, not_before,
                    expires_at, created_at)
                VALUES ('%1$s', '%1$s', 'short', '', '', NULL, '{{a,b},{c,NULL}}', '-infinity', '4713-01-01 BC', '2026-01-02 03:04:05+01');
                INSERT INTO client_registry.client_key_usage VALUES ('%1$s', '2026-01-02 03:04:05.678Z', 9);
                """.formatted(ID));

        ClientDetails details = await(directory.show(ID, soon()));

        ClientEntry client = details.client();
        assertThat(client.clientCode()).isEqualTo("a\nb");
        assertThat(client.bapUri()).hasSize(2049);
        assertThat(client.allowedIps()).containsExactly("10.0.0.0/8", "");
        assertThat(client.scopes()).containsExactly("a", "");
        assertThat(client.status()).isEqualTo("PENDING");
        assertThat(client.createdAt()).isEqualTo("infinity");
        assertThat(client.lastSyncedAt()).isEqualTo("-infinity");
        assertThat(client.hasSecret()).isTrue();
        assertThat(client.fault()).isNotNull();
        KeyEntry key = details.keys().get(0);
        assertThat(key.scopes()).containsExactly("a", "b", "c", "");
        assertThat(key.notBefore()).isEqualTo("-infinity");
        assertThat(key.expiresAt()).isNotNull();
        assertThat(key.createdAt()).isEqualTo("2026-01-02T02:04:05Z");
        assertThat(key.lastUsedAt()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(key.useCount()).isEqualTo(9);
        assertThat(details.toString()).doesNotContain("planted");
    }

    @Test
    void ofVeryManyKeysSomeAreShown() throws Exception {
        sql("INSERT INTO client_registry.clients (client_id) VALUES ('" + ID + "');"
                + "INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix) SELECT '" + ID
                + "', sha256(i::text::bytea), '', '' FROM generate_series(1, 1001) i");

        ClientDetails details = await(directory.show(ID, soon()));

        assertThat(details.keys()).hasSize(ClientDirectory.MOST_KEYS);
        assertThat(details.moreKeys()).isTrue();
    }

    @Test
    void aPageEndsWhereTheClientsEnd() throws Exception {
        sql("INSERT INTO client_registry.clients (client_id) VALUES ('00000000-0000-0000-0000-000000000000'), ('" + ID
                + "')");

        assertThat(await(directory.list(null, null, 2, soon())).more()).isFalse();
        ClientPage first = await(directory.list(null, null, 1, soon()));
        assertThat(first.more()).isTrue();
        String last = first.clients().get(0).clientId();
        assertThat(await(directory.list(last, null, 1, soon())).clients())
                .extracting(ClientEntry::clientId)
                .containsExactly(ID);
    }
}
