package io.portcullis.registry;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.Tier;
import io.portcullis.freshness.Fences;
import io.portcullis.freshness.Freshness;
import io.portcullis.registry.RecordRefusals.Reason;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The shared cache of which clients a user owns: {@code client:user:{user_id}}. Ids only: what the clients are, their own records say. Nobody
 * has to delete a list: one that a client has since come into, or gone from, is kept out by the owner's fence.
 *
 * <p>Belongs to one event loop.
 */
final class OwnedTier implements Tier<String, Owned> {

    private final RedisCache redis;
    private final RecordCodec codec;
    private final Freshness freshness;
    private final FillTtl ttl;
    private final TierMeters meters;
    private final RecordRefusals refusals;

    OwnedTier(
            RedisCache redis,
            RecordCodec codec,
            Freshness freshness,
            Duration ttl,
            TierMeters meters,
            RecordRefusals refusals) {
        this.redis = redis;
        this.codec = codec;
        this.freshness = freshness;
        this.ttl = new FillTtl(ttl);
        this.meters = meters;
        this.refusals = refusals;
    }

    static String name(String userId) {
        return "client:user:" + userId;
    }

    @Override
    public Future<@Nullable Owned> get(String userId, Deadline deadline) {
        String name = name(userId);
        return redis.get(RedisKey.of(name), deadline)
                .map(value -> value == null ? null : accepted(codec.decodeOwned(name, userId, value.getBytes())))
                .onComplete(meters::found);
    }

    @Override
    public Future<?> put(Owned owned, Deadline deadline) {
        String name = name(owned.userId());
        return redis.set(RedisKey.of(name), Buffer.buffer(codec.encodeOwned(name, owned)), ttl.millis(), deadline)
                .onFailure(failure -> meters.fillFailed());
    }

    private @Nullable Owned accepted(@Nullable Owned owned) {
        Reason fault = owned == null ? Reason.MAC : fault(owned);
        if (fault != null) {
            refusals.count(fault);
            return null;
        }
        return owned;
    }

    private @Nullable Reason fault(Owned owned) {
        Fences fences = freshness.fences();
        long asOf = owned.asOf().seq();
        if (!fences.isEpoch(owned.asOf().epoch())) {
            return Reason.EPOCH;
        }
        if (!fences.admitsOwned(owned.userId(), asOf)) {
            return asOf < fences.floor() ? Reason.FLOOR : Reason.FENCE;
        }
        return freshness.sharedRecordConfirmedAt(asOf, System.nanoTime()) == null ? Reason.UNCONFIRMED : null;
    }
}
