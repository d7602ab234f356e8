package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.ClientKey;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.freshness.EpochWatch;
import io.portcullis.freshness.FreshnessWindow;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The shared cache in front of the store: {@code client:{client_id}} and {@code client:key:{digest}}. Read-through: what Redis does not
 * have, or what does not count, the next tier is asked for, and Redis is filled behind the answer's back. A Redis that fails is a miss.
 *
 * <p>Belongs to one event loop.
 */
final class RedisTier implements Lookup {

    private final RedisCache redis;
    private final RecordCodec codec;
    private final Lookup next;
    private final EpochWatch epochs;
    private final FreshnessWindow window;
    private final long ttlMillis;
    private final Clock clock;
    private final TierMeters meters;

    /** @param ttlMillis longest life of an entry; a record's age counts against it */
    RedisTier(
            RedisCache redis,
            RecordCodec codec,
            Lookup next,
            EpochWatch epochs,
            FreshnessWindow window,
            long ttlMillis,
            Clock clock,
            TierMeters meters) {
        this.redis = redis;
        this.codec = codec;
        this.next = next;
        this.epochs = epochs;
        this.window = window;
        this.ttlMillis = Math.min(ttlMillis, window.lease().toMillis());
        this.clock = clock;
        this.meters = meters;
    }

    static String keyName(Query.ByDigest query) {
        return "client:key:" + query.digest().hex();
    }

    static String clientName(String clientId) {
        return "client:" + clientId;
    }

    @Override
    public Future<Found> find(Query query, Deadline deadline) {
        long started = System.nanoTime();
        Future<@Nullable Found> cached;
        if (query instanceof Query.ByDigest byDigest) {
            cached = findKey(byDigest, deadline);
        } else {
            cached = findClient(((Query.ByClientId) query).clientId(), deadline).map(RedisTier::foundClient);
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
            return next.find(query, deadline).onSuccess(found -> fill(found, deadline));
        });
    }

    private Future<@Nullable Found> findKey(Query.ByDigest query, Deadline deadline) {
        String name = keyName(query);
        return redis.get(RedisKey.of(name), deadline).compose(value -> {
            Cached<ClientKey> key = value == null ? null : codec.decodeKey(name, value.getBytes());
            if (key == null || key.value() == null || !counts(key)) {
                return Future.succeededFuture();
            }
            return findClient(key.value().clientId(), deadline)
                    .map(client -> client == null ? null : new Found(key, client));
        });
    }

    private Future<@Nullable Cached<Client>> findClient(String clientId, Deadline deadline) {
        String name = clientName(clientId);
        return redis.get(RedisKey.of(name), deadline).map(value -> {
            Cached<Client> client = value == null ? null : codec.decodeClient(name, value.getBytes());
            return client != null && counts(client) ? client : null;
        });
    }

    private static @Nullable Found foundClient(@Nullable Cached<Client> client) {
        return client == null ? null : new Found(null, client);
    }

    /** Of this epoch, and not older than the lease: Redis keeps an entry no longer than that, but a clock or a replica may. */
    private boolean counts(Cached<?> record) {
        return epochs.isCurrent(record.asOf())
                && clock.millis() - record.loadedAtMillis() < window.lease().toMillis();
    }

    /** Not waited for: who asked has the answer. "There is none" is not shared; each node remembers it for itself, and shortly. */
    private void fill(Found found, Deadline deadline) {
        Cached<ClientKey> key = found.key();
        if (key != null && key.value() != null) {
            String name = "client:key:" + key.value().digest().hex();
            set(name, codec.encodeKey(name, key.value(), key.asOf(), key.loadedAtMillis()), deadline);
        }
        Cached<Client> client = found.client();
        if (client != null && client.value() != null) {
            String name = clientName(client.value().clientId());
            set(name, codec.encodeClient(name, client.value(), client.asOf(), client.loadedAtMillis()), deadline);
        }
    }

    /** Up to a tenth shorter, so that what was filled together does not expire together. */
    private void set(String name, byte[] value, Deadline deadline) {
        long ttl = ttlMillis - ThreadLocalRandom.current().nextLong(ttlMillis / 10 + 1);
        redis.set(RedisKey.of(name), Buffer.buffer(value), Math.max(1, ttl), deadline)
                .onFailure(failure -> meters.error());
    }
}
