package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What concerns many keys at once, on every server that has some. Keys are gone through page by page (SCAN, never KEYS), each page waits
 * for the one before, and all of it ends with the deadline: then it fails, and what was done stays done. Use it on the link's event loop.
 */
public final class RedisKeyspace {

    private static final int PAGE = 500;

    /** So many keys of a server are looked at to estimate how many of all are ours. */
    private static final int SAMPLE = 10_000;

    private final RedisCache cache;
    private final byte[] prefix;

    public RedisKeyspace(RedisCache cache) {
        this.cache = cache;
        this.prefix = cache.commands().prefix();
    }

    /**
     * Deletes every key of ours that the pattern fits; how many that were. Keys that are made meanwhile may stay.
     *
     * @param pattern behind the prefix, in Redis' glob style
     * @throws IllegalArgumentException without a prefix, where the pattern does not begin with a character that means itself: it would fit
     *     what others keep in this Redis
     */
    public Future<Long> deleteByPattern(String pattern, Deadline deadline) {
        if (prefix.length == 0 && (pattern.isEmpty() || "*?[\\".indexOf(pattern.charAt(0)) >= 0)) {
            throw new IllegalArgumentException("Without redis.prefix a pattern must begin with a name");
        }
        return onEach(master -> {
                    Sweep sweep = new Sweep(master, pattern(pattern), deadline, Long.MAX_VALUE, this::delete);
                    return sweep.run();
                })
                .map(sums -> sums.stream().mapToLong(Long::longValue).sum());
    }

    /**
     * Deletes every key of ours; how many that were.
     *
     * @throws IllegalArgumentException without a prefix: nobody could tell which are ours
     */
    public Future<Long> clear(Deadline deadline) {
        if (prefix.length == 0) {
            throw new IllegalArgumentException("Without redis.prefix it is not known which keys are ours");
        }
        return deleteByPattern("*", deadline);
    }

    /** What there is, now. */
    public Future<CacheStats> stats(Deadline deadline) {
        return onEach(master -> stats(master, deadline))
                .map(all -> all.stream().reduce(CacheStats.none(), CacheStats::plus));
    }

    private Future<CacheStats> stats(RedisLink master, Deadline deadline) {
        Future<Long> size = cache.run(master, size(), deadline);
        Future<Long> memory = cache.run(master, memory(), deadline);
        long[] ours = {0};
        Sweep sweep = new Sweep(master, null, deadline, SAMPLE, (page, limit) -> {
            ours[0] += page.stream().filter(this::isOurs).count();
            return Future.succeededFuture((long) page.size());
        });
        return sweep.run()
                .compose(counted -> size.compose(keys -> memory.map(bytes -> {
                    long entries = counted == 0 ? 0 : Math.round((double) ours[0] / counted * keys);
                    return new CacheStats(1, entries, keys, counted, bytes);
                })));
    }

    private <T> Future<List<T>> onEach(Function<RedisLink, Future<T>> work) {
        List<RedisLink> masters = cache.link().masters();
        if (masters.isEmpty()) {
            return Future.failedFuture(new RedisFailure.Unavailable("not connected"));
        }
        List<Future<T>> each = masters.stream().map(work).toList();
        return Future.join(each).map(done -> each.stream().map(Future::result).toList());
    }

    private Future<Long> delete(List<byte[]> page, Deadline deadline) {
        List<RedisKey> keys = page.stream()
                .filter(this::isOurs)
                .map(name -> RedisKey.of("", Arrays.copyOfRange(name, prefix.length, name.length)))
                .toList();
        return cache.delete(keys, deadline);
    }

    private boolean isOurs(byte[] name) {
        return name.length >= prefix.length && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** The prefix means itself. */
    private byte[] pattern(String behind) {
        String own = new String(prefix, StandardCharsets.UTF_8).replaceAll("[\\\\*?\\[\\]]", "\\\\$0");
        return (own + behind).getBytes(StandardCharsets.UTF_8);
    }

    private static Typed<Long> size() {
        return new Typed<>(
                new RedisCommand(RedisOperation.SIZE, Request.cmd(Command.DBSIZE), RedisCommand.ANYWHERE),
                RedisCommands::number);
    }

    private static Typed<Long> memory() {
        return new Typed<>(
                new RedisCommand(RedisOperation.INFO, Request.cmd(Command.INFO).arg("memory"), RedisCommand.ANYWHERE),
                reply -> RedisInfo.read(String.valueOf(reply)).number("used_memory:"));
    }

    private interface PageWork {
        Future<Long> on(List<byte[]> page, Deadline deadline);
    }

    /** Goes through the keys of one server. Each page begins in a turn of its own: any number of them does not nest. */
    private final class Sweep {

        private final RedisLink master;
        private final byte @Nullable [] pattern;
        private final Deadline deadline;
        private final long most;
        private final PageWork work;
        private final Promise<Long> done = Promise.promise();
        private long sum;
        private long seen;

        Sweep(RedisLink master, byte @Nullable [] pattern, Deadline deadline, long most, PageWork work) {
            this.master = master;
            this.pattern = pattern;
            this.deadline = deadline;
            this.most = most;
            this.work = work;
        }

        /** The sum of what the work gave. */
        Future<Long> run() {
            page("0");
            return done.future();
        }

        private void page(String cursor) {
            Request scan = Request.cmd(Command.SCAN).arg(cursor);
            if (pattern != null) {
                scan.arg("MATCH").arg(pattern);
            }
            scan.arg("COUNT").arg(PAGE);
            Typed<Response> typed = new Typed<>(
                    new RedisCommand(RedisOperation.SCAN, scan, RedisCommand.ANYWHERE), RedisKeyspace::present);
            cache.run(master, typed, deadline).onComplete((reply, failure) -> {
                if (failure != null) {
                    done.fail(failure);
                } else {
                    take(reply);
                }
            });
        }

        private void take(Response reply) {
            String next = reply.get(0).toString();
            List<byte[]> names = new ArrayList<>();
            for (Response name : reply.get(1)) {
                names.add(name.toBytes());
            }
            seen += names.size();
            work.on(names, deadline).onComplete((count, failure) -> {
                if (failure != null) {
                    done.fail(failure);
                    return;
                }
                sum += count;
                if (next.equals("0") || seen >= most) {
                    done.complete(sum);
                } else {
                    page(next);
                }
            });
        }
    }

    private static Response present(@Nullable Response reply) {
        if (reply == null) {
            throw new RedisFailure.Garbled("SCAN without an answer");
        }
        return reply;
    }
}
