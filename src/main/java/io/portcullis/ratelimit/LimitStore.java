package io.portcullis.ratelimit;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.RedisScript;
import io.portcullis.ratelimit.Charge.Answer;
import io.portcullis.ratelimit.Charge.Back;
import io.portcullis.ratelimit.Charge.Granted;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Limits in Redis. One script charges the limits of many requests, all of a request or none. In a cluster each limit has a server of its own: there they are
 * charged one by one, and what was charged beside a refusal is given back; whoever comes in between may be refused for it.
 *
 * <p>Belongs to its link's event loop. Futures fail with a {@link io.portcullis.cache.RedisFailure}.
 */
final class LimitStore {

    private static final RedisScript LIMITS = script("limits.lua");

    /** A node is there for so long after it was heard. */
    static final int NODE_MILLIS = 3_000;

    private static final RedisScript NODES = new RedisScript("""
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZADD', KEYS[1], now, ARGV[1])
            redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
            redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2])
            return {redis.call('ZCARD', KEYS[1])}
            """);

    private static final RedisScript ENTRIES = new RedisScript("""
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local answer = {}
            for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf', 'LIMIT', 0, 100)) do
              answer[#answer + 1] = tonumber(string.match(member, '^(%d+):'))
              answer[#answer + 1] = tonumber(string.match(member, '^%d+:(%x+)'), 16)
              answer[#answer + 1] = math.ceil((redis.call('ZSCORE', KEYS[1], member) - now) / 1000)
            end
            return answer
            """);

    private static final RedisKey NODE_SET = RedisKey.of("limits:nodes");
    private static final RedisKey GENERATION = RedisKey.of("limits:generation");
    private static final long NO_GENERATION = 1;
    private static final int NUMBERS_BEFORE = 2;
    private static final int NUMBERS_EACH = 4;

    private final RedisCache cache;
    private final boolean cluster;
    private final long warmupMicros;

    /** @param warmupMicros of a Redis that is new: so long nothing is granted, that nodes can tell it what they know */
    LimitStore(RedisCache cache, boolean cluster, long warmupMicros) {
        this.cache = cache;
        this.cluster = cluster;
        this.warmupMicros = warmupMicros;
    }

    private static RedisScript script(String file) {
        try (InputStream in = LimitStore.class.getResourceAsStream("/lua/" + file)) {
            return new RedisScript(new String(Objects.requireNonNull(in, file).readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<RedisKey> keys(String name) {
        return List.of(RedisKey.of("limit:{" + name + "}"), RedisKey.of("limit:{" + name + "}:state"));
    }

    /** Charges those of each request, one request after the other, and tells how the limits stand then. */
    Future<List<Answer>> charge(List<Charge.Several> requests, Deadline deadline) {
        if (!cluster) {
            return run(requests, deadline);
        }
        List<Future<Answer>> each =
                requests.stream().map(request -> oneByOne(request, deadline)).toList();
        return Future.all(each).map(all -> each.stream().map(Future::result).toList());
    }

    Future<Answer> charge(Charge.Several request, Deadline deadline) {
        return charge(List.of(request), deadline).map(answers -> answers.get(0));
    }

    /** Which Redis it is, and whether it grants anything yet; nothing is charged. */
    Future<Answer> look(Deadline deadline) {
        return cluster
                ? Future.succeededFuture(new Answer(NO_GENERATION, false, List.of()))
                : run(List.of(new Charge.Several(List.of())), deadline).map(answers -> answers.get(0));
    }

    private Future<List<Answer>> run(List<Charge.Several> requests, Deadline deadline) {
        List<RedisKey> keys = new ArrayList<>();
        List<String> arguments = new ArrayList<>();
        arguments.add(String.valueOf(warmupMicros));
        for (Charge.Several request : requests) {
            int last = request.charges().size() - 1;
            for (int i = 0; i <= last; i++) {
                Charge charge = request.charges().get(i);
                keys.addAll(keys(charge.name()));
                arguments.add(line(charge, i == last));
            }
        }
        if (!cluster) {
            keys.add(GENERATION);
        }
        return LIMITS.numbers(cache, keys, arguments, deadline).map(numbers -> answers(requests, numbers));
    }

    /** As the script reads it. */
    private static String line(Charge charge, boolean isLast) {
        StringBuilder line = new StringBuilder(64);
        if (charge.rule() instanceof Rule.TokenBucket bucket) {
            line.append("b ").append(bucket.perSecond() / 1e6).append(' ').append(bucket.burst());
        } else {
            line.append("w ")
                    .append(charge.rule().windowMillis() * 1_000)
                    .append(' ')
                    .append(charge.rule().quota());
        }
        line.append(' ').append(charge.wanted());
        line.append(' ').append(charge.leaseNanos() / 1_000);
        line.append(' ').append(charge.id());
        line.append(charge.counts() ? " 1" : " 0").append(isLast ? " 1" : " 0");
        if (charge.carried() != 0 || !charge.back().isEmpty()) {
            line.append(' ').append(charge.carried());
            for (Back back : charge.back()) {
                line.append(' ').append(back.size());
                line.append(' ').append(back.id());
                line.append(' ').append(back.unused());
            }
        }
        return line.toString();
    }

    private List<Answer> answers(List<Charge.Several> requests, List<Long> numbers) {
        List<Answer> answers = new ArrayList<>(requests.size());
        int at = NUMBERS_BEFORE;
        for (Charge.Several request : requests) {
            List<Granted> granted = new ArrayList<>(request.charges().size());
            for (int i = 0; i < request.charges().size(); i++, at += NUMBERS_EACH) {
                granted.add(
                        new Granted(numbers.get(at), numbers.get(at + 1), numbers.get(at + 2), numbers.get(at + 3)));
            }
            answers.add(new Answer(cluster ? NO_GENERATION : numbers.get(0), numbers.get(1) == 1, granted));
        }
        return answers;
    }

    private Future<Answer> oneByOne(Charge.Several request, Deadline deadline) {
        List<Charge> charges = request.charges();
        List<Future<Answer>> each = charges.stream()
                .map(charge -> run(List.of(Charge.Several.of(charge)), deadline).map(answers -> answers.get(0)))
                .toList();
        return Future.join(each).transform(joined -> {
            boolean all = joined.succeeded();
            for (int i = 0; i < charges.size() && all; i++) {
                all = granted(each.get(i)) > 0
                        || !charges.get(i).counts()
                        || charges.get(i).wanted() == 0;
            }
            if (!all) {
                for (int i = 0; i < charges.size(); i++) {
                    if (each.get(i).succeeded() && granted(each.get(i)) > 0) {
                        run(List.of(Charge.Several.of(undone(charges.get(i)))), deadline);
                    }
                }
            }
            return joined.succeeded()
                    ? Future.succeededFuture(together(each, all))
                    : Future.failedFuture(joined.cause());
        });
    }

    private static long granted(Future<Answer> answer) {
        return answer.result().granted().get(0).granted();
    }

    private static Answer together(List<Future<Answer>> each, boolean all) {
        return new Answer(
                NO_GENERATION,
                false,
                each.stream()
                        .map(answer -> answer.result().granted().get(0))
                        .map(one -> all
                                ? one
                                : new Granted(0, one.left() + one.granted(), one.waitMicros(), one.fullMicros()))
                        .toList());
    }

    /** What was charged for one request is taken back. A bucket has no entry of it: it gets its token. */
    private static Charge undone(Charge charge) {
        boolean isBucket = charge.rule() instanceof Rule.TokenBucket;
        return new Charge(
                charge.name(),
                charge.rule(),
                0,
                0,
                charge.id() + "u",
                false,
                isBucket ? -charge.wanted() : 0,
                isBucket ? List.of() : List.of(new Back(charge.wanted(), charge.id(), charge.wanted())));
    }

    /** Says that this node is there; how many there are. */
    Future<Integer> beat(String node, Deadline deadline) {
        return NODES.numbers(cache, List.of(NODE_SET), List.of(node, String.valueOf(NODE_MILLIS)), deadline)
                .map(numbers -> numbers.get(0).intValue());
    }

    /** What a node has leased and not given back yet. */
    record Lease(String node, long tokens, long endsInMillis) {}

    /** Leases that have not ended, a hundred at most. */
    Future<List<Lease>> leases(String name, Deadline deadline) {
        return ENTRIES.numbers(cache, keys(name), List.of(), deadline).map(numbers -> {
            List<Lease> leases = new ArrayList<>();
            for (int i = 0; i + 3 <= numbers.size(); i += 3) {
                leases.add(new Lease(Long.toHexString(numbers.get(i + 1)), numbers.get(i), numbers.get(i + 2)));
            }
            return leases;
        });
    }

    /** As if nobody had used it. */
    Future<Boolean> reset(String name, Deadline deadline) {
        return cache.delete(keys(name), deadline).map(deleted -> deleted > 0);
    }
}
