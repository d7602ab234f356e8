package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.freshness.EpochWatch;
import io.portcullis.freshness.FreshnessWindow;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The shared cache in front of the store: {@code client:{client_id}} and {@code client:key:{digest}}. Read-through: what Redis does not
 * have, or what does not count, the next tier is asked for, and Redis is filled behind the answer's back. A Redis that fails is a miss.
 *
 * <p>Belongs to one event loop.
 */
final class RedisTier implements Lookup {

    /** Redis gets one part in so many of a request's time. */
    private static final int SHARE = 4;

    /** A fill that takes longer than this is of no use to anybody. */
    private static final Duration FILL_LIMIT = Duration.ofSeconds(1);

    /** How far ahead another node's clock may be: what was read later than that was read by a clock that cannot be right. */
    private static final long CLOCK_TOLERANCE_MILLIS = 500;

    private final RedisCache redis;
    private final RecordCodec codec;
    private final Lookup next;
    private final EpochWatch epochs;
    private final FreshnessWindow window;
    private final Clock clock;
    private final TierMeters meters;
    private final RecordRefusals refusals;

    RedisTier(
            RedisCache redis,
            RecordCodec codec,
            Lookup next,
            EpochWatch epochs,
            FreshnessWindow window,
            Clock clock,
            TierMeters meters,
            RecordRefusals refusals) {
        this.redis = redis;
        this.codec = codec;
        this.next = next;
        this.epochs = epochs;
        this.window = window;
        this.clock = clock;
        this.meters = meters;
        this.refusals = refusals;
    }

    static String keyName(KeyDigest digest) {
        return "client:key:" + digest.hex();
    }

    static String clientName(String clientId) {
        return "client:" + clientId;
    }

    @Override
    public Future<Found> find(Query query, Deadline deadline) {
        long started = System.nanoTime();
        // A Redis that hangs must leave the store its time: a cache that is slow is no cache.
        Deadline share = deadline.atMost(Duration.ofMillis(deadline.remainingMillis() / SHARE));
        Future<@Nullable Found> cached;
        if (query instanceof Query.ByDigest byDigest) {
            cached = findKey(byDigest, share);
        } else {
            cached = findClient(((Query.ByClientId) query).clientId(), share).map(RedisTier::foundClient);
        }
        return cached.transform(result -> {
            meters.took(started);
            if (result.failed()) {
                meters.error();
            } else if (result.result() != null) {
                meters.hit();
                return Future.succeededFuture(result.result());
            } else {
                meters.miss();
            }
            return next.find(query, deadline).onSuccess(this::fill);
        });
    }

    private Future<@Nullable Found> findKey(Query.ByDigest query, Deadline deadline) {
        String name = keyName(query.digest());
        return redis.get(RedisKey.of(name), deadline).compose(value -> {
            Cached<ClientKey> key = value == null ? null : accepted(codec.decodeKey(name, value.getBytes()));
            if (key == null || key.value() == null) {
                return Future.succeededFuture();
            }
            return findClient(key.value().clientId(), deadline)
                    .map(client -> client == null ? null : new Found(key, client));
        });
    }

    private Future<@Nullable Cached<Client>> findClient(String clientId, Deadline deadline) {
        String name = clientName(clientId);
        return redis.get(RedisKey.of(name), deadline).map(value -> {
            return value == null ? null : accepted(codec.decodeClient(name, value.getBytes()));
        });
    }

    private static @Nullable Found foundClient(@Nullable Cached<Client> client) {
        return client == null ? null : new Found(null, client);
    }

    /**
     * What counts: written by this installation for that name, of this epoch, and not older than the lease. Redis keeps an entry no longer
     * than that, but a replica or a clock may.
     */
    private <T> @Nullable Cached<T> accepted(@Nullable Cached<T> record) {
        if (record == null) {
            refusals.forged();
            return null;
        }
        if (!epochs.isCurrent(record.asOf())) {
            refusals.otherEpoch();
            return null;
        }
        long age = clock.millis() - record.loadedAtMillis();
        if (age >= window.lease().toMillis() || age < -CLOCK_TOLERANCE_MILLIS) {
            refusals.tooOld();
            return null;
        }
        return record;
    }

    /** Not waited for: who asked has the answer. "There is none" is not shared; each node remembers it for itself, and shortly. */
    private void fill(Found found) {
        Cached<ClientKey> key = found.key();
        if (key != null && key.value() != null) {
            String name = keyName(key.value().digest());
            set(name, codec.encodeKey(name, key.value(), key.asOf(), key.loadedAtMillis()));
        }
        Cached<Client> client = found.client();
        if (client != null && client.value() != null) {
            String name = clientName(client.value().clientId());
            set(name, codec.encodeClient(name, client.value(), client.asOf(), client.loadedAtMillis()));
        }
    }

    /** Up to a tenth shorter, so that what was filled together does not expire together. */
    private void set(String name, byte[] value) {
        long lease = window.lease().toMillis();
        long ttl = lease - ThreadLocalRandom.current().nextLong(lease / 10 + 1);
        redis.set(RedisKey.of(name), Buffer.buffer(value), Math.max(1, ttl), Deadline.in(FILL_LIMIT))
                .onFailure(failure -> meters.fillFailed());
    }
}
