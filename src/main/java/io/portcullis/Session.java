package io.portcullis;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.database.PostgresClients;
import io.portcullis.registry.ClientDirectory;
import io.portcullis.registry.ClientRegistry;
import io.portcullis.registry.InvalidatingRegistry;
import io.portcullis.registry.PgClientRegistry;
import io.portcullis.registry.RegistryException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one command: one event loop with one connection to PostgreSQL and, for a command that writes, one to Redis. Each is
 * opened when it is first used, or at once where that saves time. For the main thread.
 */
final class Session implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration CLOSING = Duration.ofSeconds(2);
    private static final long RETRY_MILLIS = 20;

    private final Vertx vertx;
    private final Context loop;
    private final PostgresClients postgres;
    private final ClientDirectory directory;
    private final PgClientRegistry database;

    private Session(Installation installation) {
        vertx = Vertx.vertx(new VertxOptions()
                .setPreferNativeTransport(false)
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        loop = vertx.getOrCreateContext();
        postgres = PostgresClients.create(
                vertx,
                Connections.postgres(installation.postgres()),
                Connections.oneConnection(installation.config().postgres()));
        directory = new ClientDirectory(postgres.transactions());
        database = new PgClientRegistry(postgres.transactions(), postgres.transactions(), Clock.systemUTC());
    }

    static Session open(Installation installation) {
        return new Session(installation);
    }

    ClientDirectory directory() {
        return directory;
    }

    /** Does the work on the event loop, within a limit, and waits for it. */
    <T> T await(Function<Deadline, Future<T>> work) throws RegistryException, CommandException {
        Deadline deadline = Deadline.in(LIMIT);
        return done(onLoop(() -> work.apply(deadline)), LIMIT.plus(CLOSING));
    }

    /** As {@link #await}, for work that writes: what Redis holds of a client is deleted once PostgreSQL has the change. */
    <T> Written<T> write(Installation installation, Writing<T> work) throws RegistryException, CommandException {
        RedisLinks links = new RedisLinks(
                Connections.oneLink(installation.redis(), installation.config().redis()), RedisMeters.none());
        // Opened first: it connects while PostgreSQL works.
        RedisLink link = done(onLoop(() -> Future.succeededFuture(links.open(vertx))), LIMIT);
        try {
            RedisCache redis =
                    new RedisCache(link, installation.config().redis().prefix(), RedisMeters.none());
            @Nullable Throwable[] missed = new Throwable[1];
            ClientRegistry registry = new InvalidatingRegistry(
                    database, directory, (keys, deadline) -> delete(redis, keys, deadline), why -> missed[0] = why);
            T result = await(deadline -> work.apply(registry, deadline));
            return new Written<>(result, missed[0]);
        } finally {
            end(link.close());
        }
    }

    /** Something to do with the registry. */
    interface Writing<T> {
        Future<T> apply(ClientRegistry registry, Deadline deadline);
    }

    /**
     * What was written.
     *
     * @param missed why Redis may still hold the former state, null where it does not
     */
    record Written<T>(T result, @Nullable Throwable missed) {}

    @Override
    public void close() {
        end(postgres.close().eventually(vertx::close));
    }

    private static void end(Future<?> closed) {
        try {
            done(closed, CLOSING);
        } catch (RegistryException | CommandException e) {
            // The process ends next, and takes its connections with it.
        }
    }

    /** The link fails what comes before its first connection is up: it may be new, and this process is young and slow. */
    private Future<Long> delete(RedisCache redis, List<RedisKey> keys, Deadline deadline) {
        return redis.delete(keys, deadline)
                .recover(failure -> deadline.expired()
                        ? Future.failedFuture(failure)
                        : vertx.timer(RETRY_MILLIS, TimeUnit.MILLISECONDS)
                                .compose(later -> deadline.expired()
                                        ? Future.failedFuture(failure)
                                        : delete(redis, keys, deadline)));
    }

    private <T> Future<T> onLoop(Callable<Future<T>> work) {
        Promise<T> promise = Promise.promise();
        loop.runOnContext(started -> {
            try {
                work.call().onComplete(promise);
            } catch (Exception e) {
                promise.fail(e);
            }
        });
        return promise.future();
    }

    private static <T> T done(Future<T> future, Duration limit) throws RegistryException, CommandException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RegistryException known) {
                throw known;
            }
            throw new CommandException(Failures.text(e.getCause() == null ? e : e.getCause()), e);
        } catch (TimeoutException e) {
            throw new CommandException("no end within " + limit.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted", e);
        }
    }
}
