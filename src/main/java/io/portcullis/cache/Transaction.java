package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commands between MULTI and EXEC: they take place together, with nobody's between them, or none does. Where the answer is lost it is not
 * known which of the two. In a cluster all keys must share a slot ({@link RedisKey} with a hash tag). To be used once.
 *
 * <p>There is no WATCH: it would belong to the connection, which others use meanwhile, and any EXEC of theirs would end it unnoticed. What
 * must compare before it writes is a script.
 */
public final class Transaction extends Batch {

    Transaction(RedisCache cache, RedisCommands commands, Deadline deadline) {
        super(cache, commands, deadline);
    }

    /** As {@link RedisCache#setIfAbsent}. */
    public Future<Boolean> setIfAbsent(RedisKey key, Buffer value, long ttlMillis) {
        return add(commands.setIfAbsent(key, value, ttlMillis));
    }

    /** As {@link RedisCache#refreshTtl}. */
    public Future<Boolean> refreshTtl(RedisKey key, long ttlMillis) {
        return add(commands.refreshTtl(key, ttlMillis));
    }

    /**
     * Sends all. Completes when they took place; each result is told to who asked for it.
     *
     * @throws IllegalStateException in a cluster, of keys in several slots
     */
    public Future<Void> execute() {
        if (line.isEmpty()) {
            return Future.succeededFuture();
        }
        byte[] key = line.get(0).key();
        if (cache.link().isCluster() && line.stream().anyMatch(next -> Slots.of(next.key()) != Slots.of(key))) {
            throw new IllegalStateException("The keys of a transaction must share a slot");
        }
        List<RedisCommand> all = new ArrayList<>();
        all.add(new RedisCommand(RedisOperation.MULTI, Request.cmd(Command.MULTI), key));
        line.forEach(command -> all.add(new RedisCommand(RedisOperation.QUEUE, command.request(), key)));
        all.add(new RedisCommand(RedisOperation.EXEC, Request.cmd(Command.EXEC), key));
        List<Future<@Nullable Response>> sent = cache.runTogether(all, deadline);
        return sent.get(sent.size() - 1)
                .<Void>map(results -> {
                    deal(results);
                    return null;
                })
                .onFailure(failure -> answers.forEach(answer -> answer.tryFail(failure)));
    }

    private void deal(@Nullable Response results) {
        if (results == null || results.size() != line.size()) {
            throw new RedisFailure.Garbled("EXEC without its results");
        }
        for (int i = 0; i < results.size(); i++) {
            Response result = results.get(i);
            Promise<@Nullable Response> answer = answers.get(i);
            String code = result instanceof Throwable error ? GuardedConnection.errorCode(error) : null;
            if (code != null) {
                answer.fail(new RedisFailure.Refused(code));
            } else if (line.get(i).operation().accepts(result)) {
                answer.complete(result);
            } else {
                answer.fail(new RedisFailure.Garbled("answer of another command"));
            }
        }
    }
}
