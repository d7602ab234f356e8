package io.portcullis.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PostgreSQL and the Redis of one data folder, from start to stop. They listen on 127.0.0.1, on ports that were free.
 *
 * <p>Safe for use by several threads.
 */
public final class EmbeddedServers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedServers.class);

    /** A PostgreSQL whose gateway was killed needs a checkpoint to end. */
    private static final Duration LEFTOVERS = Duration.ofSeconds(10);

    private static final Duration SETTLE = Duration.ofSeconds(2);

    private final DataFolder folder;
    private final FolderLock lock;
    private final PostgresServer postgres;
    private final RedisServer redis;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedServers(DataFolder folder, FolderLock lock, PostgresServer postgres, RedisServer redis) {
        this.folder = folder;
        this.lock = lock;
        this.postgres = postgres;
        this.redis = redis;
    }

    /**
     * Starts both servers and returns when both take connections. Blocks, for seconds at the first start: call it off the event loop.
     *
     * @param dataFolder made where it is missing; at the first start about 100 MB go into it
     * @throws FolderInUseException another gateway, of this process or another one, holds the folder
     * @throws EmbeddedException the servers cannot be started; nothing was left running, and the folder is free again
     */
    public static EmbeddedServers start(Path dataFolder) throws EmbeddedException {
        Platform platform = Platform.current();
        DataFolder folder = DataFolder.open(dataFolder);
        FolderLock lock = FolderLock.take(folder);
        boolean started = false;
        try {
            EmbeddedServers servers = start(folder, platform, lock);
            started = true;
            return servers;
        } finally {
            if (!started) {
                Leftovers.settle(folder, SETTLE);
                release(lock);
            }
        }
    }

    private static EmbeddedServers start(DataFolder folder, Platform platform, FolderLock lock)
            throws EmbeddedException {
        long begin = System.nanoTime();
        Launcher launcher = Launchers.choose(platform, folder);
        Leftovers.awaitGone(folder, LEFTOVERS);
        try {
            folder.removeUnfinished();
        } catch (IOException e) {
            throw new EmbeddedException("cannot clean up " + folder.root() + ": " + e, e);
        }
        CompletableFuture<RedisServer> redis =
                Background.run("redis-start", () -> RedisServer.start(folder, platform, launcher, FreePort::find));
        PostgresServer postgres;
        try {
            postgres = PostgresServer.start(folder, platform, launcher, FreePort::find);
        } catch (EmbeddedException | RuntimeException e) {
            stopWhenStarted(redis);
            throw e;
        }
        try {
            EmbeddedServers servers = new EmbeddedServers(folder, lock, postgres, redis.join());
            LOG.info(
                    "event=embedded_servers_ready folder={} ms={}",
                    folder.root(),
                    Duration.ofNanos(System.nanoTime() - begin).toMillis());
            return servers;
        } catch (CompletionException e) {
            postgres.stop();
            throw e.getCause() instanceof EmbeddedException cause
                    ? cause
                    : new EmbeddedException("cannot start Redis: " + e.getCause(), e);
        }
    }

    private static void stopWhenStarted(CompletableFuture<RedisServer> redis) {
        try {
            redis.join().stop();
        } catch (CompletionException e) {
            LOG.warn("event=embedded_server_failed server=Redis reason=\"{}\"", String.valueOf(e.getCause()));
        }
    }

    /** {@code postgresql://uois_gateway:<password>@127.0.0.1:<port>/uois_gateway}; that role owns that database and is no superuser. */
    public String postgresUrl() {
        return postgres.applicationUrl();
    }

    /** The same database as its superuser: for maintenance and tests, never for serving. */
    public String superuserUrl() {
        return postgres.superuserUrl();
    }

    /** {@code redis://:<password>@127.0.0.1:<port>/0}. */
    public String redisUrl() {
        return redis.url();
    }

    /** The folder (0700) below {@code dataFolder} for what is made once and kept: see {@link Secrets#readOrCreate}. */
    public static Path secretsFolder(Path dataFolder) {
        return new DataFolder(dataFolder).secrets();
    }

    /**
     * Stops both servers in good order, by force after 10 s, and frees the folder. Returns when they have gone; a second call does
     * nothing. Blocks.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            CompletableFuture<Void> stopped = Background.run("redis-stop", () -> {
                redis.stop();
                return null;
            });
            postgres.stop();
            stopped.join();
            Leftovers.settle(folder, SETTLE);
        } finally {
            release(lock);
        }
    }

    private static void release(FolderLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            LOG.warn("event=embedded_lock_not_closed reason=\"{}\"", e.toString());
        }
    }
}
