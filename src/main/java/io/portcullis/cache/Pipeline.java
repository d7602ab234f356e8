package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Commands that are sent one behind the other over one connection, all or none, without waiting for an answer in between; Redis carries
 * them out in this order, though others' may come between. Each has its own result, and one deadline is for all. In a cluster each goes to
 * the server of its key, in order for each server. To be used once.
 */
public final class Pipeline extends Batch {

    Pipeline(RedisCache cache, RedisCommands commands, Deadline deadline) {
        super(cache, commands, deadline);
    }

    /** The clock of the server that has this key. */
    public Future<RedisClock> clock(RedisKey near) {
        Future<String> server = add(commands.runId(near));
        Future<Long> micros = add(commands.timeMicros(near));
        return server.compose(id -> micros.map(now -> new RedisClock(id, now)));
    }

    /** Sends what was asked for. The results are told to those who asked. */
    public void send() {
        if (line.isEmpty()) {
            return;
        }
        List<Future<@Nullable Response>> sent = new ArrayList<>(line.size());
        if (cache.link().isCluster()) {
            line.forEach(command -> sent.add(cache.run(new Typed<>(command, Function.identity()), deadline)));
        } else {
            sent.addAll(cache.runTogether(line, deadline));
        }
        for (int i = 0; i < sent.size(); i++) {
            sent.get(i).onComplete(answers.get(i));
        }
    }
}
