package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisMeters.Outcome;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the look-up ladder asks of Redis. Keys and values are any bytes; the prefix is put before keys here and nowhere else. Every future
 * fails with a {@link RedisFailure} only; to treat that as a miss is the caller's part. Use it on the event loop of its link.
 */
public final class RedisCache {

    private static final byte[] GET = RequestWriter.head(2, "GET");
    private static final byte[] SET = RequestWriter.head(5, "SET");
    private static final byte[] SET_NX = RequestWriter.head(6, "SET");
    private static final byte[] PEXPIRE = RequestWriter.head(3, "PEXPIRE");
    private static final byte[] PX = "$2\r\nPX\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NX = "$2\r\nNX\r\n".getBytes(StandardCharsets.US_ASCII);

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
        return run(RedisOperation.GET, deadline, out -> {
                    out.appendBytes(GET);
                    key(out, key);
                })
                .map(reply -> reply instanceof Reply.Bulk bulk ? bulk.value() : null);
    }

    /**
     * Sets the value, whatever was there before.
     *
     * @param ttlMillis at least 1
     */
    public Future<Void> set(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
        check(value, ttlMillis);
        return run(RedisOperation.SET, deadline, out -> {
                    out.appendBytes(SET);
                    key(out, key);
                    RequestWriter.bulk(out, value);
                    out.appendBytes(PX);
                    RequestWriter.bulk(out, ttlMillis);
                })
                .mapEmpty();
    }

    /**
     * True when the value was set, false when there was one.
     *
     * @param ttlMillis at least 1
     */
    public Future<Boolean> setIfAbsent(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
        check(value, ttlMillis);
        return run(RedisOperation.SET_IF_ABSENT, deadline, out -> {
                    out.appendBytes(SET_NX);
                    key(out, key);
                    RequestWriter.bulk(out, value);
                    out.appendBytes(PX);
                    RequestWriter.bulk(out, ttlMillis);
                    out.appendBytes(NX);
                })
                .map(reply -> reply != Reply.Nil.NIL);
    }

    /** How many of the keys there were. */
    public Future<Long> delete(List<RedisKey> keys, Deadline deadline) {
        if (keys.isEmpty()) {
            return Future.succeededFuture(0L);
        }
        byte[] head = RequestWriter.head(keys.size() + 1, "DEL");
        return run(RedisOperation.DELETE, deadline, out -> {
                    out.appendBytes(head);
                    keys.forEach(key -> key(out, key));
                })
                .map(RedisCache::number);
    }

    /**
     * True when the entry now lives so long from now, false when there is none.
     *
     * @param ttlMillis at least 1
     */
    public Future<Boolean> refreshTtl(RedisKey key, long ttlMillis, Deadline deadline) {
        checkTtl(ttlMillis);
        return run(RedisOperation.REFRESH_TTL, deadline, out -> {
                    out.appendBytes(PEXPIRE);
                    key(out, key);
                    RequestWriter.bulk(out, ttlMillis);
                })
                .map(reply -> number(reply) > 0);
    }

    private void key(Buffer out, RedisKey key) {
        RequestWriter.length(out, prefix.length + key.length());
        out.appendBytes(prefix);
        key.writeTo(out);
        RequestWriter.crlf(out);
    }

    private Future<Reply> run(RedisOperation operation, Deadline deadline, RequestWriter writer) {
        long start = System.nanoTime();
        return link.send(operation, writer, deadline).onComplete((reply, failure) -> {
            Outcome outcome = failure instanceof RedisFailure known ? known.outcome() : success(operation, reply);
            meters.operation(operation, System.nanoTime() - start, outcome);
        });
    }

    private static Outcome success(RedisOperation operation, Reply reply) {
        if (operation != RedisOperation.GET) {
            return Outcome.DONE;
        }
        return reply == Reply.Nil.NIL ? Outcome.MISS : Outcome.HIT;
    }

    private static long number(Reply reply) {
        return reply instanceof Reply.Int number ? number.value() : 0;
    }

    private static void check(Buffer value, long ttlMillis) {
        if (value.length() > ReplyParser.MAX_VALUE) {
            throw new IllegalArgumentException("A value for Redis has at most " + ReplyParser.MAX_VALUE + " bytes");
        }
        checkTtl(ttlMillis);
    }

    private static void checkTtl(long ttlMillis) {
        if (ttlMillis < 1) {
            throw new IllegalArgumentException("A time to live is at least 1 ms");
        }
    }
}
