package io.portcullis;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.database.PostgresClients;
import io.portcullis.freshness.Nodes;
import io.portcullis.registry.ClientDirectory;
import io.portcullis.registry.ClientRegistry;
import io.portcullis.registry.PgClientRegistry;
import io.portcullis.registry.PgPeppers;
import io.portcullis.registry.RegistryException;
import io.portcullis.registry.Written;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.sqlclient.Pool;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one command: one event loop with one connection to PostgreSQL and one to Redis, each opened when it is first used. For
 * the main thread. Who changes a client needs no Redis: the nodes hear of what is written from PostgreSQL.
 */
final class Session implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration CLOSING = Duration.ofSeconds(2);
    private static final long REACHED_EVERY_MILLIS = 50;
    private static final Duration FOREVER = Duration.ofDays(365);

    private final Vertx vertx;
    private final Context loop;
    private final PostgresClients postgres;
    private final ClientDirectory directory;
    private final PgClientRegistry database;
    private final RedisLinks redis;
    /** Belongs to the event loop. */
    private @Nullable RedisLink link;

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
        database = new PgClientRegistry(postgres.transactions(), postgres.transactions());
        redis = new RedisLinks(
                Connections.redis(installation.redis(), installation.config().redis()), RedisMeters.none());
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

    /** As {@link #await}, for work with Redis. */
    <T> T redis(BiFunction<RedisLink, Deadline, Future<T>> work) throws RegistryException, CommandException {
        return await(deadline -> reached(deadline).compose(open -> work.apply(open, deadline)));
    }

    /**
     * The link, when Redis has answered on it. A link lets nobody wait for its first connection for longer than a moment; in a process that has
     * just started that takes longer.
     */
    private Future<RedisLink> reached(Deadline deadline) {
        if (link == null) {
            link = redis.open(vertx);
        }
        RedisLink open = link;
        RedisCache probe = new RedisCache(open, "", Duration.ofSeconds(1), RedisMeters.none());
        return probe.exists(RedisKey.of("portcullis:reached"), deadline)
                .map(open)
                .recover(failure -> deadline.expired()
                        ? Future.failedFuture(failure)
                        : vertx.timer(REACHED_EVERY_MILLIS, TimeUnit.MILLISECONDS)
                                .compose(later -> reached(deadline)));
    }

    /** As {@link #await}, for work that takes as long as it takes. */
    <T> T awaitForLong(Callable<Future<T>> work) throws RegistryException, CommandException {
        return done(onLoop(work), FOREVER);
    }

    /** As {@link #redis}, for work that takes as long as it takes. */
    <T> T redisForLong(Function<RedisLink, Future<T>> work) throws RegistryException, CommandException {
        return awaitForLong(() -> reached(Deadline.in(LIMIT)).compose(work));
    }

    Pool transactions() {
        return postgres.transactions();
    }

    Vertx vertx() {
        return vertx;
    }

    /** As {@link #await}, for work that writes. */
    Written write(Writing work) throws RegistryException, CommandException {
        return await(deadline -> work.apply(database, deadline));
    }

    /** Something to do with the registry. */
    interface Writing {
        Future<Written> apply(ClientRegistry registry, Deadline deadline);
    }

    /** What stands under which pepper. */
    List<PgPeppers.Standing> peppers() throws RegistryException, CommandException {
        return await(new PgPeppers(postgres.transactions())::standing);
    }

    /** Begins another epoch; its name. */
    String resetEpoch() throws RegistryException, CommandException {
        return await(deadline -> Nodes.resetEpoch(postgres.transactions()));
    }

    /** Waits until every node has applied the change, for so long at most. */
    Nodes.Report barrier(long seq, Duration limit) throws RegistryException, CommandException {
        Nodes nodes = new Nodes(vertx, postgres.transactions(), LIMIT);
        return done(onLoop(() -> nodes.barrier(seq, limit)), limit.plus(LIMIT));
    }

    @Override
    public void close() {
        end(closeRedis().eventually(postgres::close).eventually(vertx::close));
    }

    /** Before its event loop: a connection that outlives it complains in the log. */
    private Future<Void> closeRedis() {
        return onLoop(() -> {
            RedisLink opened = link;
            return opened == null ? Future.succeededFuture() : opened.close();
        });
    }

    private static void end(Future<?> closed) {
        try {
            done(closed, CLOSING);
        } catch (RegistryException | CommandException e) {
            // The process ends next, and takes its connections with it.
        }
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
            // Not the wrapper: its message is the cause's with a class name before it.
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandException(Failures.text(cause), cause);
        } catch (TimeoutException e) {
            throw new CommandException("no end within " + limit.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted", e);
        }
    }
}
