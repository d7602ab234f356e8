package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands that are gathered before any of them is sent, each with a result of its own. To be used once. */
abstract sealed class Batch permits Pipeline, Transaction {

    final RedisCache cache;
    final RedisCommands commands;
    final Deadline deadline;
    final List<RedisCommand> line = new ArrayList<>();
    final List<Promise<@Nullable Response>> answers = new ArrayList<>();

    Batch(RedisCache cache, RedisCommands commands, Deadline deadline) {
        this.cache = cache;
        this.commands = commands;
        this.deadline = deadline;
    }

    /** As {@link RedisCache#get}. */
    public Future<@Nullable Buffer> get(RedisKey key) {
        return add(commands.get(key));
    }

    /** As {@link RedisCache#set}. */
    public Future<Void> set(RedisKey key, Buffer value, long ttlMillis) {
        return add(commands.set(key, value, ttlMillis)).mapEmpty();
    }

    /** As {@link RedisCache#delete}, of one. */
    public Future<Long> delete(RedisKey key) {
        return add(commands.delete(key));
    }

    final <T extends @Nullable Object> Future<T> add(Typed<T> typed) {
        Promise<@Nullable Response> answer = Promise.promise();
        line.add(typed.command());
        answers.add(answer);
        return answer.future().map(typed.reading());
    }
}
