package io.portcullis.freshness;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.Pipeline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisClock;
import io.portcullis.cache.RedisKey;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * {@code registry:applied} in Redis: a position, and a moment by Redis' clock, such that every change before the moment is one up to the
 * position. Whoever follows the log writes it; it is true whoever wrote it last. A node that is cut off from PostgreSQL learns from it as of
 * when it still knows everything.
 *
 * <p>The moment was asked of Redis before the log was read, so it is never too late; its age is counted from before Redis is asked again, so
 * it is never too young. The value carries a MAC, like the records. It also names the server whose clock it is: after a failover, or in a
 * cluster whose slots move, another server's clock would say nothing about its age.
 *
 * <p>Belongs to one event loop.
 */
final class SharedPosition {

    static final RedisKey KEY = RedisKey.of("registry:applied");

    private static final Duration LIMIT = Duration.ofMillis(500);
    /** Format 1 did not say whose clock it was. */
    private static final byte FORMAT_WITHOUT_SERVER = 1;

    private static final byte FORMAT = 2;
    private static final int FIXED_LENGTH = 1 + 8 + 8;
    /** Says nothing about time, and can be subtracted from any moment. */
    private static final long UNKNOWN_AGE = Long.MAX_VALUE / 4_000;

    private static final int MAC_LENGTH = 32;

    /** What Redis said. */
    record Reading(Position position, long nanos) {}

    private final RedisCache redis;
    private final Mac mac;
    private final Duration ttl;
    private final LongSupplier nanoClock;
    private @Nullable RedisClock clock;

    /**
     * The position under its key.
     *
     * @param macKey derived from the pepper for this use alone
     * @param ttl at least as long as a record stays in Redis: where records are, there must be a position to hold them against
     */
    SharedPosition(RedisCache redis, SecretKey macKey, Duration ttl, LongSupplier nanoClock) {
        this.redis = redis;
        this.ttl = ttl;
        this.nanoClock = nanoClock;
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(macKey);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    /** A moment by Redis' clock that has passed already; null where Redis was not reached lately. */
    @Nullable
    RedisClock passed() {
        return clock;
    }

    /** What stands there, null where nothing does or it is not ours; fails where Redis does. */
    Future<@Nullable Reading> read() {
        Deadline deadline = Deadline.in(LIMIT);
        long asked = nanoClock.getAsLong();
        clock = null;
        Pipeline pipeline = redis.pipeline(deadline);
        Future<@Nullable Buffer> stands = pipeline.get(KEY);
        Future<RedisClock> time = pipeline.clock(KEY);
        pipeline.send();
        return stands.compose(value -> time.map(now -> {
            clock = now;
            return value == null ? null : open(value.getBytes(), now, asked);
        }));
    }

    /** Tells the others; fails where Redis does. */
    Future<Void> write(Position position, RedisClock passed) {
        byte[] epoch = position.epoch().getBytes(StandardCharsets.UTF_8);
        byte[] server = passed.server().getBytes(StandardCharsets.UTF_8);
        byte[] body = ByteBuffer.allocate(FIXED_LENGTH + 2 + server.length + epoch.length)
                .put(FORMAT)
                .putLong(position.seq())
                .putLong(passed.micros())
                .putShort((short) server.length)
                .put(server)
                .put(epoch)
                .array();
        return redis.set(KEY, Buffer.buffer(mac.doFinal(body)).appendBytes(body), ttl.toMillis(), Deadline.in(LIMIT));
    }

    private @Nullable Reading open(byte[] value, RedisClock now, long asked) {
        if (value.length < MAC_LENGTH + FIXED_LENGTH
                || (value[MAC_LENGTH] != FORMAT && value[MAC_LENGTH] != FORMAT_WITHOUT_SERVER)) {
            return null;
        }
        byte[] body = Arrays.copyOfRange(value, MAC_LENGTH, value.length);
        if (!MessageDigest.isEqual(mac.doFinal(body), Arrays.copyOf(value, MAC_LENGTH))) {
            return null;
        }
        ByteBuffer fields = ByteBuffer.wrap(body, 1, body.length - 1);
        long seq = fields.getLong();
        long micros = fields.getLong();
        String server = value[MAC_LENGTH] == FORMAT ? text(fields, fields.getShort()) : null;
        byte[] epoch = new byte[fields.remaining()];
        fields.get(epoch);
        // A clock that was set back would make it younger than it can be: then it says nothing about time.
        boolean comparable = now.server().equals(server) && micros <= now.micros();
        long age = comparable ? now.micros() - micros : UNKNOWN_AGE;
        return new Reading(new Position(new String(epoch, StandardCharsets.UTF_8), seq), asked - age * 1_000);
    }

    private static String text(ByteBuffer fields, int length) {
        byte[] bytes = new byte[length];
        fields.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
