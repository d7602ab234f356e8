package io.portcullis.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CacheAsideTest {

    private static final Duration TTL = Duration.ofMinutes(5);
    private static final Deadline LATER = Deadline.in(Duration.ofMinutes(10));
    private static final SecretKey KEY = key("the key of this test");

    private final MapCache redis = new MapCache();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Deque<Promise<String>> asked = new ArrayDeque<>();
    private long nanos = Long.MAX_VALUE - 1_000;
    private Instant now = Instant.parse("2026-11-30T10:00:00Z");
    private final CacheAside<String, String> one = process(KEY, Duration.ZERO);

    @Test
    void theSourceIsAskedOnceAndThenMemory() {
        Future<String> first = one.get("a", LATER);
        asked.remove().complete("value");

        assertThat(first.result()).isEqualTo("value");
        assertThat(one.get("a", LATER).result()).isEqualTo("value");
        assertThat(asked).isEmpty();
        assertThat(found("near")).isEqualTo(1);
    }

    @Test
    void whoAsksMeanwhileGetsTheSameAnswer() {
        Future<String> first = one.get("a", LATER);
        Future<String> second = one.get("a", LATER);
        Future<String> third = one.read("a");
        assertThat(asked).hasSize(1);

        asked.remove().fail("down");
        assertThat(List.of(first, second, third)).allMatch(Future::failed);
        one.get("a", LATER);
        assertThat(asked).as("a failure is not held").hasSize(1);
    }

    @Test
    void aValueServesForItsTimeAndNoLonger() {
        fill(one, "value");
        pass(TTL.minusMillis(1));
        assertThat(one.get("a", LATER).result()).isEqualTo("value");

        pass(Duration.ofMillis(1));
        redis.values.clear();
        one.get("a", LATER);
        assertThat(asked).hasSize(1);
    }

    @Test
    void itsTimeBeginsWhenTheSourceIsAsked() {
        one.get("a", LATER);
        pass(Duration.ofMinutes(4));
        asked.remove().complete("value");
        redis.values.clear();

        pass(Duration.ofMinutes(1));
        one.get("a", LATER);
        assertThat(asked).hasSize(1);
    }

    @Test
    void anotherProcessFindsItInRedisAndItsTimeGoesOn() {
        fill(one, "value");
        CacheAside<String, String> other = process(KEY, Duration.ZERO);

        pass(Duration.ofMinutes(4));
        assertThat(other.get("a", LATER).result()).isEqualTo("value");
        assertThat(asked).isEmpty();
        assertThat(found("redis")).isEqualTo(1);

        // The age that it had in Redis counts in memory, too.
        pass(Duration.ofMinutes(1));
        other.get("a", LATER);
        assertThat(asked).hasSize(1);
    }

    @Test
    void aClockThatIsAheadMakesNothingYoungerThanNew() {
        fill(process(KEY, Duration.ofHours(1)), "value");

        assertThat(one.get("a", LATER).result()).isEqualTo("value");
        pass(TTL);
        redis.values.clear();
        one.get("a", LATER);
        assertThat(asked).hasSize(1);
    }

    // The MAC: without it each of these was the answer.
    @Test
    void whatWasNotWrittenHereForThatNameIsAMiss() {
        fill(one, "value");
        byte[] sealed = Objects.requireNonNull(redis.values.get("name:a"));
        byte[] altered = sealed.clone();
        altered[altered.length - 1] ^= 1;

        for (byte[] forged : List.of(new byte[0], new byte[] {1}, "value".getBytes(StandardCharsets.UTF_8), altered)) {
            assertMiss("a", forged);
        }
        assertMiss("b", sealed);
        byte[] newer = sealed.clone();
        newer[0] = SealedValues.FORMAT + 1;
        assertMiss("a", newer);
        CacheAside<String, String> stranger = process(key("another key"), Duration.ZERO);
        redis.values.put("name:a", sealed);
        stranger.get("a", LATER);
        assertThat(asked).hasSize(1);
        assertThat(meters.get("cache_values_refused").counter().count()).isEqualTo(7);
    }

    @Test
    void aRedisThatFailsIsAMissAndNothingElse() {
        redis.down = true;
        Future<String> answer = one.get("a", LATER);
        asked.remove().complete("value");

        assertThat(answer.result()).isEqualTo("value");
        assertThat(meters.get("cache_fills_failed").counter().count()).isEqualTo(1);
    }

    @Test
    void whatIsReadPastTheTiersIsHeldInBoth() {
        fill(one, "old");
        Future<String> answer = one.read("a");
        asked.remove().complete("new");

        assertThat(answer.result()).isEqualTo("new");
        assertThat(one.get("a", LATER).result()).isEqualTo("new");
        assertThat(process(KEY, Duration.ZERO).get("a", LATER).result()).isEqualTo("new");
    }

    @Test
    void whatWasReadEarlierDoesNotTakeThePlaceOfWhatWasReadLater() {
        NearTier<String, String> near = new NearTier<>(100, text -> 1);
        near.put("a", new NearTier.Held<>("later", nanos + 1, true));
        near.put("a", new NearTier.Held<>("earlier", nanos, false));

        assertThat(Objects.requireNonNull(near.get("a")).value()).isEqualTo("later");
    }

    private void assertMiss(String key, byte[] inRedis) {
        redis.values.put("name:" + key, inRedis);
        process(KEY, Duration.ZERO).get(key, LATER);
        assertThat(asked).hasSize(1);
        asked.remove();
    }

    private void fill(CacheAside<String, String> process, String value) {
        process.get("a", LATER);
        asked.remove().complete(value);
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
        now = now.plus(time);
    }

    private double found(String from) {
        return meters.get("cache_lookups").tag("from", from).counter().count();
    }

    /** @param ahead how far its wall clock is */
    private CacheAside<String, String> process(SecretKey key, Duration ahead) {
        return new CacheAside<>(
                (asks, deadline) -> {
                    Promise<String> promise = Promise.promise();
                    asked.add(promise);
                    return promise.future();
                },
                new NearTier<>(1_000, String::length),
                new CacheAside.Shared<>(redis, name -> "name:" + name, key, new TextCodec()),
                new CacheAside.Times<>(value -> TTL, Duration.ofSeconds(1)),
                new CacheAsideMeters(meters, "test"),
                () -> nanos,
                () -> now.plus(ahead));
    }

    private static SecretKey key(String text) {
        return new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    }

    private static final class TextCodec implements ValueCodec<String> {
        @Override
        public void write(String value, DataOutput out) throws IOException {
            out.writeUTF(value);
        }

        @Override
        public String read(DataInput in) throws IOException {
            return in.readUTF();
        }
    }

    /** Forgets nothing by itself: how old a value may be is the reader's to say as well. */
    private static final class MapCache implements CacheOperations {
        final Map<String, byte[]> values = new HashMap<>();
        boolean down;

        @Override
        public Future<@Nullable Buffer> get(RedisKey key, Deadline deadline) {
            byte[] value = values.get(name(key));
            return down
                    ? Future.failedFuture("down")
                    : Future.succeededFuture(value == null ? null : Buffer.buffer(value));
        }

        @Override
        public Future<Void> set(RedisKey key, Buffer value, Deadline deadline) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Future<Void> set(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
            if (down) {
                return Future.failedFuture("down");
            }
            values.put(name(key), value.getBytes());
            return Future.succeededFuture();
        }

        @Override
        public Future<Boolean> setIfAbsent(RedisKey key, Buffer value, long ttlMillis, Deadline deadline) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Future<Long> delete(List<RedisKey> keys, Deadline deadline) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Future<Boolean> exists(RedisKey key, Deadline deadline) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Future<Boolean> refreshTtl(RedisKey key, long ttlMillis, Deadline deadline) {
            throw new UnsupportedOperationException();
        }

        private static String name(RedisKey key) {
            return new String(key.after(new byte[0]), StandardCharsets.UTF_8);
        }
    }
}
