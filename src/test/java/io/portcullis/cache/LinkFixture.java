package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/** A link on an event loop of its own, spoken to from the test's thread. */
final class LinkFixture implements AutoCloseable {

    /** What a read of nothing is turned into. */
    static final String NONE = "<none>";

    static final Duration DEFAULT_TTL = Duration.ofMinutes(20);

    final Context context;
    final RedisLinks links;
    final RedisLink link;
    final Queue<RedisMeters.Outcome> outcomes = new ConcurrentLinkedQueue<>();
    final Queue<Boolean> states = new ConcurrentLinkedQueue<>();
    final Vertx vertx;
    final RedisMeters meters = new RedisMeters() {
        @Override
        public void operation(RedisOperation operation, long nanos, Outcome outcome) {
            outcomes.add(outcome);
        }

        @Override
        public void connected(int index, boolean up) {
            states.add(up);
        }
    };
    private final RedisCache cache;

    LinkFixture(Vertx vertx, RedisSettings settings) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.links = new RedisLinks(settings, meters);
        this.link = FakePeer.await(run(() -> Future.succeededFuture(links.open(vertx))));
        this.cache = new RedisCache(link, settings.prefix(), DEFAULT_TTL, meters);
    }

    /** Looks at once and often: Awaitility's own 100 ms would be most of these tests' time. */
    static ConditionFactory await() {
        return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5));
    }

    static Settings settings(int port) {
        return new Settings(port);
    }

    /** The defaults of the product, to be changed in a few. */
    static final class Settings {
        private RedisTopology servers;
        private @Nullable String user;
        private @Nullable String password;
        private int db;
        private @Nullable RedisTls tls;
        private String prefix = "";
        private Duration connect = Duration.ofSeconds(5);
        private Duration command = Duration.ofSeconds(3);
        private int retries = 3;
        private int pending = 10_000;
        private int minIdle = 5;
        private Duration idle = Duration.ofMinutes(5);
        private Duration life = Duration.ofMinutes(30);

        Settings(int port) {
            this.servers = new RedisTopology.Standalone(new ServerAddress("127.0.0.1", port));
        }

        Settings servers(RedisTopology others) {
            servers = others;
            return this;
        }

        Settings password(@Nullable String newUser, String newPassword) {
            user = newUser;
            password = newPassword;
            return this;
        }

        Settings db(int number) {
            db = number;
            return this;
        }

        Settings tls(boolean verify) {
            return tls(new RedisTls(verify, null));
        }

        Settings tls(RedisTls newTls) {
            tls = newTls;
            return this;
        }

        Settings prefix(String newPrefix) {
            prefix = newPrefix;
            return this;
        }

        Settings times(Duration newConnect, Duration newCommand) {
            connect = newConnect;
            command = newCommand;
            return this;
        }

        Settings limits(int newRetries, int newPending) {
            retries = newRetries;
            pending = newPending;
            return this;
        }

        Settings life(int newMinIdle, Duration newIdle, Duration newLife) {
            minIdle = newMinIdle;
            idle = newIdle;
            life = newLife;
            return this;
        }

        RedisSettings build() {
            return new RedisSettings(
                    servers, user, password, db, tls, prefix, connect, command, retries, pending, 10, minIdle, idle,
                    life);
        }
    }

    <T> Future<T> run(Supplier<Future<T>> action) {
        Promise<T> done = Promise.promise();
        context.runOnContext(v -> {
            try {
                action.get().onComplete(done);
            } catch (RuntimeException e) {
                done.fail(e);
            }
        });
        return done.future();
    }

    Future<String> get(String key) {
        return get(key, Duration.ofSeconds(5));
    }

    Future<String> get(String key, Duration limit) {
        return on(cache -> read(cache, key, limit));
    }

    private static Future<String> read(RedisCache cache, String key, Duration limit) {
        return cache.get(RedisKey.of(key), Deadline.in(limit)).map(value -> value == null ? NONE : value.toString());
    }

    Future<Void> set(String key, String value) {
        return on(
                cache -> cache.set(RedisKey.of(key), Buffer.buffer(value), 60_000, Deadline.in(Duration.ofSeconds(5))));
    }

    <T> Future<T> on(Function<RedisCache, Future<T>> operation) {
        return run(() -> operation.apply(cache));
    }

    /** All at once, in one turn of the event loop. */
    List<Future<String>> getAll(List<String> keys, Duration limit) {
        return FakePeer.await(run(() -> Future.succeededFuture(
                keys.stream().map(key -> read(cache, key, limit)).toList())));
    }

    static Throwable failure(Future<?> future) {
        try {
            Object result = future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
            throw new AssertionError("succeeded with " + result);
        } catch (ExecutionException e) {
            return Objects.requireNonNull(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    boolean connected() {
        return link.connected();
    }

    @Override
    public void close() {
        FakePeer.await(link.close());
    }
}
