package io.portcullis.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisSettings;
import io.portcullis.database.Migrations;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.TestServers;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** Write, then delete: against a real PostgreSQL and a real Redis. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before each test
class InvalidatingRegistryIT {

    private static final Author AUTHOR = Author.of("test");
    private static final String PREFIX = "invalidating";

    private final String clientId = UUID.randomUUID().toString();
    private final List<Throwable> missed = new ArrayList<>();
    private String url;
    private Vertx vertx;
    private Context loop;
    private ClientRegistry plain;
    private ClientDirectory directory;
    private RedisLink link;
    private RedisCache cache;
    private RawRedis redis;

    @BeforeEach
    void connect() throws Exception {
        url = TestServers.freshDatabaseUrl();
        new Migrations(source(url)).migrate();
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        loop = vertx.getOrCreateContext();
        Pool pool = PgBuilder.pool()
                .using(vertx)
                .connectingTo(PgConnectOptions.fromUri(url))
                .with(new PoolOptions().setMaxSize(2))
                .build();
        plain = new PgClientRegistry(pool, pool, Clock.systemUTC());
        directory = new ClientDirectory(pool);
        RedisLinks links = new RedisLinks(settings(), RedisMeters.none());
        link = onLoop(() -> Future.succeededFuture(links.open(vertx)));
        cache = new RedisCache(link, PREFIX, RedisMeters.none());
        redis = new RawRedis(TestServers.redisUrl());
        onLoop(() -> plain.upsert(ClientDraft.active(clientId, "acme"), List.of(), AUTHOR, soon()));
    }

    @AfterEach
    void disconnect() throws Exception {
        redis.close();
        link.close().await(10, TimeUnit.SECONDS);
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    private static PGSimpleDataSource source(String url) {
        URI uri = URI.create(url);
        String[] account = uri.getUserInfo().split(":", 2);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath());
        source.setUser(account[0]);
        source.setPassword(account[1]);
        return source;
    }

    private static RedisSettings settings() {
        URI uri = URI.create(TestServers.redisUrl());
        Duration seconds = Duration.ofSeconds(10);
        return new RedisSettings(
                uri.getHost(),
                uri.getPort(),
                null,
                uri.getUserInfo().substring(1),
                0,
                false,
                true,
                PREFIX,
                seconds,
                seconds,
                3,
                1000,
                1,
                1,
                seconds,
                seconds);
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(10));
    }

    private <T> T onLoop(Callable<Future<T>> work) throws Exception {
        Promise<T> promise = Promise.promise();
        loop.runOnContext(started -> {
            try {
                work.call().onComplete(promise);
            } catch (Exception e) {
                promise.fail(e);
            }
        });
        return promise.future().await(20, TimeUnit.SECONDS);
    }

    private ClientRegistry invalidating() {
        return new InvalidatingRegistry(plain, directory, cache::delete, missed::add);
    }

    private void become(ClientStatus status, ClientRegistry registry) throws Exception {
        onLoop(() -> registry.updateStatus(clientId, status, AUTHOR, soon()));
    }

    private String clientEntry() {
        return PREFIX + ":client:" + clientId;
    }

    private static String keyEntry(int number) {
        return PREFIX + ":client:key:" + digest(number).hex();
    }

    private static KeyDigest digest(int number) {
        return new KeyDigest(number, 2, 3, 4);
    }

    private static KeyDraft key(int number) {
        return new KeyDraft(digest(number), "00000000", "pk_test_abc", null, List.of(), null, null);
    }

    @Test
    void anEntryStaysUnlessAWriteDeletesIt() throws Exception {
        redis.set(clientEntry(), "former");

        become(ClientStatus.SUSPENDED, plain);
        assertThat(redis.exists(clientEntry())).isTrue();

        become(ClientStatus.ACTIVE, invalidating());
        assertThat(redis.exists(clientEntry())).isFalse();
        assertThat(missed).isEmpty();
    }

    @Test
    void anEntryIsDeletedOnceTheDatabaseHasTheChange() throws Exception {
        List<String> statusWhenDeleted = new ArrayList<>();
        InvalidatingRegistry.Entries looking = (keys, deadline) -> {
            statusWhenDeleted.add(statusOutside());
            return cache.delete(keys, deadline);
        };

        become(ClientStatus.SUSPENDED, new InvalidatingRegistry(plain, directory, looking, missed::add));

        assertThat(statusWhenDeleted).containsExactly("SUSPENDED");
    }

    /** As another connection sees it. */
    private String statusOutside() {
        try (Connection connection = TestServers.connect(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT status FROM client_registry.clients")) {
            rows.next();
            return rows.getString(1);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void everyKeyOfAClientWithVeryManyIsForgotten() throws Exception {
        int count = 1201;
        List<KeyDraft> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(key(i));
            redis.set(keyEntry(i), "former");
        }
        redis.set(keyEntry(count), "of another client");

        onLoop(() -> plain.upsert(ClientDraft.active(clientId, "acme"), keys, AUTHOR, soon()));
        assertThat(redis.exists(keyEntry(0))).isTrue();
        become(ClientStatus.REVOKED, invalidating());

        for (int i = 0; i < count; i++) {
            assertThat(redis.exists(keyEntry(i))).isFalse();
        }
        assertThat(redis.exists(keyEntry(count))).isTrue();
        assertThat(missed).isEmpty();
    }

    @Test
    void aNewKeyIsForgottenToo() throws Exception {
        redis.set(keyEntry(7), "former");

        onLoop(() -> invalidating().upsert(ClientDraft.active(clientId, "acme"), List.of(key(7)), AUTHOR, soon()));

        assertThat(redis.exists(keyEntry(7))).isFalse();
    }

    @Test
    void aWriteSucceedsWithoutRedisAndTells() throws Exception {
        IllegalStateException away = new IllegalStateException("away");
        ClientRegistry registry =
                new InvalidatingRegistry(plain, directory, (keys, deadline) -> Future.failedFuture(away), missed::add);

        become(ClientStatus.SUSPENDED, registry);

        assertThat(statusOutside()).isEqualTo("SUSPENDED");
        assertThat(missed).containsExactly(away);
    }

    @Test
    void aWriteThatIsRefusedDeletesNothing() throws Exception {
        become(ClientStatus.REVOKED, plain);
        List<RedisKey> deleted = new ArrayList<>();
        ClientRegistry registry = new InvalidatingRegistry(
                plain,
                directory,
                (keys, deadline) -> {
                    deleted.addAll(keys);
                    return Future.succeededFuture();
                },
                missed::add);

        assertThatThrownBy(() -> become(ClientStatus.ACTIVE, registry)).isInstanceOf(RegistryException.Conflict.class);
        assertThat(deleted).isEmpty();
    }
}
