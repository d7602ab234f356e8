package io.portcullis.cache;

import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Our operations as Redis' commands. The prefix is put before keys here and nowhere else. */
final class RedisCommands {

    private static final String RUN_ID = "run_id:";

    private final byte[] prefix;

    /** @param prefix put before each key with a colon between; empty for none */
    RedisCommands(String prefix) {
        this.prefix =
                (prefix.isEmpty() || prefix.endsWith(":") ? prefix : prefix + ":").getBytes(StandardCharsets.UTF_8);
    }

    /** The prefix with its colon. */
    byte[] prefix() {
        return prefix.clone();
    }

    byte[] name(RedisKey key) {
        return key.after(prefix);
    }

    Typed<@Nullable Buffer> get(RedisKey key) {
        return of(RedisOperation.GET, Command.GET, key, RedisCommands::value);
    }

    Typed<@Nullable Void> set(RedisKey key, Buffer value, long ttlMillis) {
        check(value, ttlMillis);
        Typed<@Nullable Void> set = of(RedisOperation.SET, Command.SET, key, reply -> null);
        set.command().request().arg(value).arg("PX").arg(ttlMillis);
        return set;
    }

    Typed<Boolean> setIfAbsent(RedisKey key, Buffer value, long ttlMillis) {
        check(value, ttlMillis);
        Typed<Boolean> set = of(RedisOperation.SET_IF_ABSENT, Command.SET, key, Objects::nonNull);
        set.command().request().arg(value).arg("NX").arg("PX").arg(ttlMillis);
        return set;
    }

    Typed<Long> delete(RedisKey key) {
        return of(RedisOperation.DELETE, Command.DEL, key, RedisCommands::number);
    }

    /** Several keys of one server. */
    Typed<Long> delete(List<RedisKey> keys) {
        Typed<Long> delete = delete(keys.get(0));
        keys.subList(1, keys.size()).forEach(key -> delete.command().request().arg(name(key)));
        return delete;
    }

    Typed<Boolean> exists(RedisKey key) {
        return of(RedisOperation.EXISTS, Command.EXISTS, key, reply -> number(reply) > 0);
    }

    Typed<Boolean> refreshTtl(RedisKey key, long ttlMillis) {
        checkTtl(ttlMillis);
        Typed<Boolean> expire = of(RedisOperation.REFRESH_TTL, Command.PEXPIRE, key, reply -> number(reply) > 0);
        expire.command().request().arg(ttlMillis);
        return expire;
    }

    /** The time of the server that has this key. */
    Typed<Long> timeMicros(RedisKey near) {
        Request time = Request.cmd(Command.TIME);
        return new Typed<>(
                new RedisCommand(RedisOperation.TIME, time, name(near)),
                reply -> part(reply, 0).toLong() * 1_000_000 + part(reply, 1).toLong());
    }

    /** The id of the run of the server that has this key: another one after each restart. */
    Typed<String> runId(RedisKey near) {
        Request info = Request.cmd(Command.INFO).arg("server");
        return new Typed<>(
                new RedisCommand(RedisOperation.INFO, info, name(near)),
                reply -> RedisInfo.read(String.valueOf(reply)).text(RUN_ID));
    }

    private <T extends @Nullable Object> Typed<T> of(
            RedisOperation operation,
            Command command,
            RedisKey key,
            java.util.function.Function<@Nullable Response, T> reading) {
        byte[] name = name(key);
        return new Typed<>(new RedisCommand(operation, Request.cmd(command).arg(name), name), reading);
    }

    private static @Nullable Buffer value(@Nullable Response reply) {
        Buffer value = reply == null ? null : reply.toBuffer();
        // The library has one buffer for all empty values.
        return value != null && value.length() == 0 ? Buffer.buffer() : value;
    }

    static long number(@Nullable Response reply) {
        return reply == null ? 0 : reply.toLong();
    }

    private static Response part(@Nullable Response reply, int index) {
        Response part = reply == null ? null : reply.get(index);
        if (part == null) {
            throw new RedisFailure.Garbled("a part is missing");
        }
        return part;
    }

    private static void check(Buffer value, long ttlMillis) {
        if (value.length() > RedisCache.MAX_VALUE) {
            throw new IllegalArgumentException("A value for Redis has at most " + RedisCache.MAX_VALUE + " bytes");
        }
        checkTtl(ttlMillis);
    }

    private static void checkTtl(long ttlMillis) {
        if (ttlMillis < 1) {
            throw new IllegalArgumentException("A time to live is at least 1 ms");
        }
    }
}
