package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of Redis. Keys and values are any bytes; the prefix is put before keys here and nowhere else. Every future fails with a
 * {@link RedisFailure} only; to treat that as a miss is the caller's part, or {@link FailOpenCache}'s. Use it on its link's event loop.
 */
public final class RedisCache implements CacheOperations {

    /** Larger values are refused here: they would hold up all others behind them. In bytes. */
    static final int MAX_VALUE = 8 * 1024 * 1024;

    private final MeasuredLink measured;
    private final RedisCommands commands;
    private final long ttlMillis;

    /**
     * Operations through this link.
     *
     * @param prefix put before each key with a colon between; empty for none
     * @param ttl of what is set without saying for how long
     */
    public RedisCache(RedisLink link, String prefix, Duration ttl, RedisMeters meters) {
        this.measured = new MeasuredLink(link, meters);
        this.ttlMillis = ttl.toMillis();
        this.commands = new RedisCommands(prefix);
    }

    @Override
    public Future<@Nullable Buffer> get(RedisKey key, Deadline deadline) {
        return run(commands.get(key), deadline);
    }

    @Override
    public Future<Void> set(RedisKey key, Buffer value, Deadline deadline) {
        return set(key, value, ttlMillis, deadline);
    }

    @Override
    public Future<Void> set(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
        return run(commands.set(key, value, ttlMillis), deadline).mapEmpty();
    }

    @Override
    public Future<Boolean> setIfAbsent(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
        return run(commands.setIfAbsent(key, value, ttlMillis), deadline);
    }

    /** In a cluster each key on its own: hardly two are in the same slot. */
    @Override
    public Future<Long> delete(List<RedisKey> keys, Deadline deadline) {
        if (keys.isEmpty()) {
            return Future.succeededFuture(0L);
        }
        if (!link().isCluster()) {
            return run(commands.delete(keys), deadline);
        }
        List<Future<Long>> each =
                keys.stream().map(key -> run(commands.delete(key), deadline)).toList();
        return Future.join(each)
                .map(all -> each.stream().mapToLong(Future::result).sum());
    }

    @Override
    public Future<Boolean> exists(RedisKey key, Deadline deadline) {
        return run(commands.exists(key), deadline);
    }

    @Override
    public Future<Boolean> refreshTtl(RedisKey key, long ttlMillis, Deadline deadline) {
        return run(commands.refreshTtl(key, ttlMillis), deadline);
    }

    /** Several commands that are sent one behind the other without waiting for answers. */
    public Pipeline pipeline(Deadline deadline) {
        return new Pipeline(this, commands, deadline);
    }

    /** Several commands that take place together or not at all. */
    public Transaction transaction(Deadline deadline) {
        return new Transaction(this, commands, deadline);
    }

    RedisCommands commands() {
        return commands;
    }

    MeasuredLink measured() {
        return measured;
    }

    RedisLink link() {
        return measured.link();
    }

    <T extends @Nullable Object> Future<T> run(Typed<T> typed, Deadline deadline) {
        return measured.run(typed, deadline);
    }

    /** On one server of several. */
    <T extends @Nullable Object> Future<T> run(RedisLink where, Typed<T> typed, Deadline deadline) {
        return measured.run(where, typed, deadline);
    }

    /** Commands that belong together, over one connection: one answer for each. */
    List<Future<@Nullable Response>> runTogether(List<RedisCommand> together, Deadline deadline) {
        return measured.runTogether(together, deadline);
    }
}
