package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A lock that many processes share. It ends with its time unless it is renewed, which its holder does by itself, and only the holder can
 * renew or release it.
 *
 * <p>It keeps two from doing the same work most of the time; by itself it cannot rule it out. A holder may sleep past its time and go on,
 * and a replica that takes over may not have heard of the lock (Redis replicates asynchronously). So each hold has a fencing token: what
 * the lock protects must remember the largest it has seen and refuse smaller ones ("How to do distributed locking", M. Kleppmann, 2016).
 * Tokens grow with each hold, also when Redis has lost both keys, as long as its clock does not go back: they are not below its clock, in
 * microseconds.
 *
 * <p>Use it on the event loop of the cache's link. Two keys, in one slot.
 */
public final class DistributedLock {

    private static final RedisScript ACQUIRE = new RedisScript("""
            if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
              return false
            end
            local time = redis.call('TIME')
            local last = tonumber(redis.call('GET', KEYS[2]) or '0')
            local token = math.max(last + 1, time[1] * 1000000 + time[2])
            redis.call('SET', KEYS[2], string.format('%.0f', token))
            return token
            """);

    private static final RedisScript RENEW = new RedisScript("""
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then
              return 0
            end
            return redis.call('PEXPIRE', KEYS[1], ARGV[2])
            """);

    private static final RedisScript RELEASE = new RedisScript("""
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then
              return 0
            end
            return redis.call('DEL', KEYS[1])
            """);

    private static final int OWNER_BYTES = 16;

    private final Vertx vertx;
    private final RedisCache cache;
    private final RedisKey lock;
    private final RedisKey counter;
    private final Duration ttl;
    private final SecureRandom random;

    /**
     * The lock of that name.
     *
     * @param name the same for all who compete
     * @param ttl after which it is free though nobody released it; the holder renews it every third of that
     */
    public DistributedLock(Vertx vertx, RedisCache cache, String name, Duration ttl, SecureRandom random) {
        if (ttl.toMillis() < 10) {
            throw new IllegalArgumentException("A lock's time is at least 10 ms");
        }
        this.vertx = vertx;
        this.cache = cache;
        this.lock = RedisKey.of("{lock:" + name + "}");
        this.counter = RedisKey.of("{lock:" + name + "}:token");
        this.ttl = ttl;
        this.random = random;
    }

    /** The lock, or null if somebody has it. Fails with a {@link RedisFailure} where nobody can say. */
    public Future<@Nullable Held> tryAcquire(Deadline deadline) {
        byte[] bytes = new byte[OWNER_BYTES];
        random.nextBytes(bytes);
        String owner = HexFormat.of().formatHex(bytes);
        long sent = System.nanoTime();
        return ACQUIRE.run(cache.measured(), List.of(name(lock), name(counter)), List.of(owner, millis()), deadline)
                .<@Nullable Held>map(token -> token == null ? null : new Held(owner, token, sent))
                // It may have been given all the same: then nobody would have it for its time.
                .onFailure(failure -> ask(RELEASE, List.of(owner)));
    }

    private byte[] name(RedisKey key) {
        return cache.commands().name(key);
    }

    private String millis() {
        return Long.toString(ttl.toMillis());
    }

    private Future<Boolean> ask(RedisScript script, List<String> arguments) {
        return script.run(cache.measured(), List.of(name(lock)), arguments, Deadline.in(ttl))
                .map(done -> done != null && done == 1);
    }

    /** The lock, held. Belongs to the event loop that acquired it. */
    public final class Held {

        private final String owner;
        private final long token;
        private final Promise<Void> lost = Promise.promise();
        private final long renewals;
        private long untilNanos;
        private long end;
        private boolean over;

        private Held(String owner, long token, long sentNanos) {
            this.owner = owner;
            this.token = token;
            this.renewals = vertx.setPeriodic(Math.max(1, ttl.toMillis() / 3), id -> renew());
            heldFrom(sentNanos);
        }

        /** To be given to what the lock protects, with each change. Larger than that of any hold before. */
        public long token() {
            return token;
        }

        /** Whether it is held for certain, but for what the lock cannot know. */
        public boolean isHeld() {
            return !over && System.nanoTime() - untilNanos < 0;
        }

        /** Completes when it is no longer certain that it is held; never after {@link #release()}. Stop then. */
        public Future<Void> lost() {
            return lost.future();
        }

        /** Gives it back; whether it was still held. */
        public Future<Boolean> release() {
            stop();
            return ask(RELEASE, List.of(owner));
        }

        private void renew() {
            long sent = System.nanoTime();
            ask(RENEW, List.of(owner, millis())).onSuccess(held -> {
                if (over) {
                    return;
                }
                if (held) {
                    heldFrom(sent);
                } else {
                    lose();
                }
            });
        }

        /** Its time counts from when it was asked for, and a little is left for clocks that do not run alike. */
        private void heldFrom(long sentNanos) {
            untilNanos = sentNanos + ttl.toNanos() - ttl.toNanos() / 50;
            vertx.cancelTimer(end);
            long left = TimeUnit.NANOSECONDS.toMillis(untilNanos - System.nanoTime());
            end = vertx.setTimer(Math.max(1, left), id -> lose());
        }

        private void lose() {
            if (!over) {
                stop();
                lost.complete();
            }
        }

        private void stop() {
            over = true;
            vertx.cancelTimer(renewals);
            vertx.cancelTimer(end);
        }
    }
}
