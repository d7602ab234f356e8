package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisMeters.Outcome;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the look-up ladder asks of Redis. Keys and values are any bytes; the prefix is put before keys here and nowhere else. Every future
 * fails with a {@link RedisFailure} only; to treat that as a miss is the caller's part. Use it on the event loop of its link.
 */
public final class RedisCache {

    /** Larger values are refused here: they would hold up all others behind them. In bytes. */
    static final int MAX_VALUE = 8 * 1024 * 1024;

    private final RedisLink link;
    private final RedisMeters meters;
    private final byte[] prefix;

    /**
     * Operations through this link.
     *
     * @param prefix put before each key with a colon between; empty for none
     */
    public RedisCache(RedisLink link, String prefix, RedisMeters meters) {
        this.link = link;
        this.meters = meters;
        this.prefix =
                (prefix.isEmpty() || prefix.endsWith(":") ? prefix : prefix + ":").getBytes(StandardCharsets.UTF_8);
    }

    /** The value, or null when there is none. The buffer is the caller's own. */
    public Future<@Nullable Buffer> get(RedisKey key, Deadline deadline) {
        return run(RedisOperation.GET, request(Command.GET, key), deadline).map(RedisCache::value);
    }

    /**
     * Sets the value, whatever was there before.
     *
     * @param ttlMillis at least 1
     */
    public Future<Void> set(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
        check(value, ttlMillis);
        Request set = request(Command.SET, key).arg(value).arg("PX").arg(ttlMillis);
        return run(RedisOperation.SET, set, deadline).mapEmpty();
    }

    /** How many of the keys there were. */
    public Future<Long> delete(List<RedisKey> keys, Deadline deadline) {
        if (keys.isEmpty()) {
            return Future.succeededFuture(0L);
        }
        Request delete = Request.cmd(Command.DEL);
        keys.forEach(key -> delete.arg(key.after(prefix)));
        return run(RedisOperation.DELETE, delete, deadline).map(RedisCache::number);
    }

    /** Redis' own clock, microseconds since 1970. */
    public Future<Long> timeMicros(Deadline deadline) {
        return run(RedisOperation.TIME, Request.cmd(Command.TIME), deadline)
                .map(reply -> reply == null
                        ? 0
                        : reply.get(0).toLong() * 1_000_000 + reply.get(1).toLong());
    }

    private Request request(Command command, RedisKey key) {
        return Request.cmd(command).arg(key.after(prefix));
    }

    private Future<@Nullable Response> run(RedisOperation operation, Request request, Deadline deadline) {
        long start = System.nanoTime();
        return link.send(operation, request, deadline).onComplete((reply, failure) -> {
            Outcome outcome = failure instanceof RedisFailure known ? known.outcome() : success(operation, reply);
            meters.operation(operation, System.nanoTime() - start, outcome);
        });
    }

    private static Outcome success(RedisOperation operation, @Nullable Response reply) {
        if (operation != RedisOperation.GET) {
            return Outcome.DONE;
        }
        return reply == null ? Outcome.MISS : Outcome.HIT;
    }

    private static @Nullable Buffer value(@Nullable Response reply) {
        Buffer value = reply == null ? null : reply.toBuffer();
        // The library has one buffer for all empty values.
        return value != null && value.length() == 0 ? Buffer.buffer() : value;
    }

    private static long number(@Nullable Response reply) {
        return reply == null ? 0 : reply.toLong();
    }

    private static void check(Buffer value, long ttlMillis) {
        if (value.length() > MAX_VALUE) {
            throw new IllegalArgumentException("A value for Redis has at most " + MAX_VALUE + " bytes");
        }
        checkTtl(ttlMillis);
    }

    private static void checkTtl(long ttlMillis) {
        if (ttlMillis < 1) {
            throw new IllegalArgumentException("A time to live is at least 1 ms");
        }
    }
}
