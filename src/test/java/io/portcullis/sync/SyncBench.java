package io.portcullis.sync;

import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisSettings;
import io.portcullis.cache.RedisTopology;
import io.portcullis.cache.ServerAddress;
import io.portcullis.database.Migrations;
import io.portcullis.database.PostgresClients;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.TestServers;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.postgresql.ds.PGSimpleDataSource;

/** A migrated database and a prefix of Redis of their own, and runs on them. */
final class SyncBench implements AutoCloseable {

    private static final PostgresClients.Limits LIMITS =
            new PostgresClients.Limits(8, 1000, 64, Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofHours(1));

    static final SyncRun.Settings TENS = new SyncRun.Settings(10, Duration.ofSeconds(2), false, false);
    static final SyncRun.Settings ANEW = new SyncRun.Settings(10, Duration.ofSeconds(2), true, false);

    private final AtomicLong tokens = new AtomicLong();
    final Vertx vertx = Vertx.vertx();
    final String url = TestServers.freshDatabaseUrl();
    final String prefix = "sync-" + UUID.randomUUID();
    final PostgresClients postgres;
    final RedisLinks links;
    private final Connection jdbc;

    SyncBench() throws SQLException {
        PgConnectOptions options = PgConnectOptions.fromUri(url);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://" + options.getHost() + ":" + options.getPort() + "/" + options.getDatabase());
        source.setUser(options.getUser());
        source.setPassword(options.getPassword());
        new Migrations(source).migrate();
        postgres = PostgresClients.create(vertx, options, LIMITS);
        jdbc = source.getConnection();
        URI redis = URI.create(TestServers.redisUrl());
        String[] account = redis.getUserInfo() == null
                ? new String[0]
                : redis.getUserInfo().split(":", 2);
        links = new RedisLinks(
                new RedisSettings(
                        new RedisTopology.Standalone(new ServerAddress(redis.getHost(), redis.getPort())),
                        account.length < 2 || account[0].isEmpty() ? null : account[0],
                        account.length < 2 ? null : account[1],
                        0,
                        null,
                        prefix,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(3),
                        3,
                        1000,
                        10,
                        0,
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(30)),
                RedisMeters.none());
    }

    /** As it was when it was made. */
    void reset() throws SQLException {
        // Only for a test's sake: the audit's rows are only ever added.
        sql("ALTER TABLE client_registry.audit_logs DISABLE TRIGGER append_only");
        sql("TRUNCATE client_registry.clients, client_registry.source_clients, client_registry.cids,"
                + " client_registry.sync_batches, client_registry.audit_logs CASCADE");
        sql("ALTER TABLE client_registry.audit_logs ENABLE TRIGGER append_only");
    }

    SyncRun run(ClientSource source, SyncRun.Settings settings) {
        return run(source, settings, SyncRun.Listener.NONE);
    }

    SyncRun run(ClientSource source, SyncRun.Settings settings, SyncRun.Listener listener) {
        return new SyncRun(vertx, postgres.transactions(), source, settings, listener, Clock.systemUTC());
    }

    /** A token as the lock gives them, larger than all before. */
    long token() {
        return tokens.incrementAndGet();
    }

    Batch sync(ClientSource source) {
        return sync(source, TENS);
    }

    Batch sync(ClientSource source, SyncRun.Settings settings) {
        return await(begin(run(source, settings), token()));
    }

    /** Why it fails. */
    Throwable failure(ClientSource source, SyncRun.Settings settings) {
        return failure(begin(run(source, settings), token()));
    }

    Future<Batch> begin(SyncRun run, long token) {
        return onLoop(() -> run.run(token));
    }

    /** On an event loop, with a link of its own. */
    <T> Future<T> withLink(Function<RedisCache, Future<T>> work) {
        return onLoop(() -> {
            var link = links.open(vertx);
            return work.apply(new RedisCache(link, prefix, Duration.ofMinutes(1), RedisMeters.none()))
                    .eventually(link::close);
        });
    }

    void clearRedis() {
        try (RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            for (String key : redisKeys()) {
                redis.command("DEL", key);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** With our prefix, but for counters of locks. */
    List<String> redisKeys() {
        try (RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            return redis.keys(prefix).stream()
                    .filter(key -> !key.endsWith(":token"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    <T> Future<T> onLoop(Supplier<Future<T>> work) {
        Context context = vertx.getOrCreateContext();
        Promise<T> done = Promise.promise();
        context.runOnContext(started -> {
            try {
                work.get().onComplete(done);
            } catch (RuntimeException e) {
                done.fail(e);
            }
        });
        return done.future();
    }

    static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static Throwable failure(Future<?> future) {
        try {
            Object result = future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
            throw new AssertionError("succeeded with " + result);
        } catch (ExecutionException e) {
            return Objects.requireNonNull(e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    synchronized void sql(String text) throws SQLException {
        try (Statement statement = jdbc.createStatement()) {
            statement.execute(text);
        }
    }

    synchronized String one(String query) throws SQLException {
        return all(query).get(0);
    }

    /** The first column of all rows. */
    synchronized List<String> all(String query) throws SQLException {
        List<String> column = new ArrayList<>();
        try (Statement statement = jdbc.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                column.add(String.valueOf(rows.getString(1)));
            }
        }
        return column;
    }

    String client(int n, String column) throws SQLException {
        return one("SELECT " + column + " FROM client_registry.clients WHERE client_id = '" + FakeSource.id(n) + "'");
    }

    void update(int n, String assignment) throws SQLException {
        sql("UPDATE client_registry.clients SET " + assignment + " WHERE client_id = '" + FakeSource.id(n) + "'");
    }

    String statusOf(int n) throws SQLException {
        return one("SELECT sync_status FROM client_registry.cids WHERE client_id = '" + FakeSource.id(n) + "'");
    }

    /** Audit rows by action. */
    long audited(String action) throws SQLException {
        return Long.parseLong(one("SELECT count(*) FROM client_registry.audit_logs WHERE action = '" + action + "'"));
    }

    @Override
    public void close() throws SQLException {
        jdbc.close();
        await(vertx.close());
    }
}
