package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.Locale;
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
    void aClientIsFoundByItsIdAndByACodeThatItAloneHas() throws Exception {
        sql("INSERT INTO client_registry.clients (client_id, client_code) VALUES ('" + ID + "', 'acme'),"
                + " (gen_random_uuid(), 'twin'), (gen_random_uuid(), 'twin')");

        assertThat(await(directory.idOf("acme", soon()))).isEqualTo(ID);
        assertThat(await(directory.idOf(ID.toUpperCase(Locale.ROOT), soon()))).isEqualTo(ID);
        assertThatThrownBy(() -> await(directory.idOf("nobody", soon())))
                .isInstanceOf(RegistryException.ClientNotFound.class);
        assertThatThrownBy(() -> await(directory.idOf("twin", soon())))
                .isInstanceOf(RegistryException.Conflict.class)
                .hasMessageContaining("name one by its id");
    }
}
