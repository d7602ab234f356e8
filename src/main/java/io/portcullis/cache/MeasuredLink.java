package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisMeters.Outcome;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A link, and the meters that hear what became of each command sent by it. Belongs to the link's event loop. */
final class MeasuredLink {

    private final RedisLink link;
    private final RedisMeters meters;

    MeasuredLink(RedisLink link, RedisMeters meters) {
        this.link = link;
        this.meters = meters;
    }

    RedisLink link() {
        return link;
    }

    /** What the answer means. Fails with a {@link RedisFailure} only. */
    <T extends @Nullable Object> Future<T> run(Typed<T> typed, Deadline deadline) {
        return run(link, typed, deadline);
    }

    /** On one server of several. */
    <T extends @Nullable Object> Future<T> run(RedisLink where, Typed<T> typed, Deadline deadline) {
        long start = System.nanoTime();
        return measured(typed.command(), start, where.send(typed.command(), deadline))
                .map(typed.reading());
    }

    /** Commands that belong together, over one connection: one answer for each. */
    List<Future<@Nullable Response>> runTogether(List<RedisCommand> together, Deadline deadline) {
        long start = System.nanoTime();
        List<Future<@Nullable Response>> sent = link.sendTogether(together, deadline);
        List<Future<@Nullable Response>> answers = new ArrayList<>(sent.size());
        for (int i = 0; i < sent.size(); i++) {
            answers.add(measured(together.get(i), start, sent.get(i)));
        }
        return answers;
    }

    private Future<@Nullable Response> measured(RedisCommand command, long start, Future<@Nullable Response> answer) {
        return answer.onComplete((reply, failure) -> {
            Outcome outcome =
                    failure instanceof RedisFailure known ? known.outcome() : success(command.operation(), reply);
            meters.operation(command.operation(), System.nanoTime() - start, outcome);
        });
    }

    private static Outcome success(RedisOperation operation, @Nullable Response reply) {
        if (operation != RedisOperation.GET) {
            return Outcome.DONE;
        }
        return reply == null ? Outcome.MISS : Outcome.HIT;
    }
}
