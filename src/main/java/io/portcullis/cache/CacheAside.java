package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.NearTier.Held;
import io.portcullis.cache.SealedValues.Opened;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * A source with two tiers before it: memory, and Redis for all nodes. Who asks looks there, then asks the source, and leaves the answer in
 * both for the next one. One question under way for each key, however many ask. Nothing fails for Redis: without it each miss of memory is a
 * question to the source. A value is used no longer than its time, counted from the moment that its source was asked, in whichever tier it
 * then was; how much longer that is where two nodes' clocks differ is bounded by the same time again.
 *
 * <p>The source has its own time, and is not given up with the first who asks: what it says is good for the next one. Who asks bounds his own
 * wait, as a {@link io.portcullis.bus.BusCall} does.
 *
 * <p>Belongs to one event loop, that of its link; the {@link NearTier} may be read by all.
 */
public final class CacheAside<K, V> {

    /** Redis gets one part in so many of the time that who asks has. */
    private static final int SHARE = 4;

    /** A fill that takes longer than this is of no use to anybody. */
    private static final Duration FILL_LIMIT = Duration.ofSeconds(1);

    /**
     * The tier that all nodes share.
     *
     * @param operations fail-open or not: a failure is a miss
     * @param name of a key's entry, without the prefix
     * @param macKey under which values are sealed: whoever may write to Redis could otherwise decide by them
     */
    public record Shared<K, V>(
            CacheOperations operations, Function<K, String> name, SecretKey macKey, ValueCodec<V> codec) {}

    /**
     * How long.
     *
     * @param ttl of a value, by what it is
     * @param sourceLimit the longest that the source may take
     */
    public record Times<V>(Function<V, Duration> ttl, Duration sourceLimit) {}

    private final Source<K, V> source;
    private final NearTier<K, V> near;
    private final @Nullable Shared<K, V> shared;
    private final @Nullable SealedValues<V> seals;
    private final Times<V> times;
    private final CacheAsideMeters meters;
    private final LongSupplier nanos;
    private final InstantSource clock;
    private final Flights<K, V> lookUps = new Flights<>();
    private final Flights<K, V> reads = new Flights<>();

    /**
     * Before that source.
     *
     * @param shared null for none
     * @param nanos monotonic
     * @param clock that other nodes' agree with, more or less
     */
    public CacheAside(
            Source<K, V> source,
            NearTier<K, V> near,
            @Nullable Shared<K, V> shared,
            Times<V> times,
            CacheAsideMeters meters,
            LongSupplier nanos,
            InstantSource clock) {
        this.source = source;
        this.near = near;
        this.shared = shared;
        this.seals = shared == null ? null : new SealedValues<>(shared.macKey(), shared.codec());
        this.times = times;
        this.meters = meters;
        this.nanos = nanos;
        this.clock = clock;
    }

    /**
     * The value, from whichever tier has one that counts. Fails with what the source fails with.
     *
     * @param deadline of who asks: what Redis may take of it
     */
    public Future<V> get(K key, Deadline deadline) {
        Held<V> held = near.get(key);
        if (held != null && held.age(nanos.getAsLong()) < ttlNanos(held.value())) {
            meters.near();
            return Future.succeededFuture(held.value());
        }
        return shared == null || seals == null
                ? read(key)
                : lookUps.join(key, () -> throughRedis(key, shared, seals, deadline));
    }

    /** The value as its source has it now, past both tiers, and into them. */
    public Future<V> read(K key) {
        return reads.join(key, () -> fromSource(key));
    }

    private Future<V> throughRedis(K key, Shared<K, V> redis, SealedValues<V> seals, Deadline deadline) {
        String name = redis.name().apply(key);
        Deadline share = deadline.atMost(Duration.ofMillis(deadline.remainingMillis() / SHARE));
        return redis.operations().get(RedisKey.of(name), share).otherwiseEmpty().compose(found -> {
            Held<V> held = found == null ? null : counting(seals.open(name, found.getBytes()));
            if (held == null) {
                return read(key);
            }
            meters.shared();
            near.put(key, held);
            return Future.succeededFuture(held.value());
        });
    }

    private @Nullable Held<V> counting(@Nullable Opened<V> opened) {
        if (opened == null) {
            meters.refused();
            return null;
        }
        // A clock that is ahead of ours would make it younger than new.
        long ageMillis = Math.max(0, clock.millis() - opened.readAtMillis());
        if (ageMillis >= times.ttl().apply(opened.value()).toMillis()) {
            return null;
        }
        return new Held<>(opened.value(), nanos.getAsLong() - TimeUnit.MILLISECONDS.toNanos(ageMillis), false);
    }

    private Future<V> fromSource(K key) {
        // Not when the answer comes: it may have been made up any time since.
        long askedNanos = nanos.getAsLong();
        long askedMillis = clock.millis();
        return source.read(key, Deadline.in(times.sourceLimit()))
                .onSuccess(value -> {
                    meters.source();
                    near.put(key, new Held<>(value, askedNanos, true));
                    fill(key, value, askedMillis);
                })
                .onFailure(failure -> meters.failed());
    }

    /** Not waited for: who asked has the answer. */
    private void fill(K key, V value, long askedMillis) {
        if (shared == null || seals == null) {
            return;
        }
        String name = shared.name().apply(key);
        long ttlMillis = Math.max(1, times.ttl().apply(value).toMillis());
        shared.operations()
                .set(
                        RedisKey.of(name),
                        Buffer.buffer(seals.seal(name, value, askedMillis)),
                        ttlMillis,
                        Deadline.in(FILL_LIMIT))
                .onFailure(failure -> meters.fillFailed());
    }

    private long ttlNanos(V value) {
        return times.ttl().apply(value).toNanos();
    }
}
