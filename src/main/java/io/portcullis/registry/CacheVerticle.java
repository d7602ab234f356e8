package io.portcullis.registry;

import io.portcullis.auth.Pepper;
import io.portcullis.bus.BusCall;
import io.portcullis.cache.CacheStats;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKeyspace;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.freshness.Changes;
import io.portcullis.freshness.Freshness;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Serves one shard of {@code registry.find}: single flight, then Redis, unless that is switched off, then the store, as much of it as the
 * limit leaves. Owns one Redis link. The first of a process also says what Redis holds.
 */
public final class CacheVerticle extends VerticleBase {

    /** What all cache verticles of a process share. */
    public record Parts(
            int shards,
            RedisLinks redis,
            boolean redisHoldsRecords,
            String redisPrefix,
            Duration redisTtl,
            RedisMeters redisMeters,
            Pepper pepper,
            Freshness freshness,
            Duration ttl,
            int compressAbove,
            TierMeters meters,
            RecordRefusals refusals,
            StoreLimit limit) {}

    /** What Redis holds, asked of whichever cache verticle is there. */
    public static final BusCall<StatsQuestion, CacheStats> CACHE_STATS = BusCall.of("registry.cache-stats");

    /** There is but one. */
    public enum StatsQuestion {
        NOW
    }

    static final String MAC_LABEL = "portcullis redis record mac v1";

    private final int shard;
    private final Parts parts;
    private @Nullable RedisLink link;

    public CacheVerticle(int shard, Parts parts) {
        this.shard = shard;
        this.parts = parts;
    }

    @Override
    public Future<?> start() {
        RedisLink redis = parts.redis().open(vertx);
        link = redis;
        Lookup store = parts.limit()
                .before((query, deadline) -> RegistryCalls.STORE_FIND.ask(vertx.eventBus(), query, deadline));
        RedisCache cache = new RedisCache(redis, parts.redisPrefix(), parts.redisTtl(), parts.redisMeters());
        if (shard == 0) {
            RedisKeyspace keyspace = new RedisKeyspace(cache);
            CACHE_STATS.serve(vertx, (question, deadline) -> keyspace.stats(deadline));
        }
        Lookup tiers = new SingleFlight(parts.redisHoldsRecords() ? redisTier(cache, store) : store);
        return RegistryCalls.find(parts.shards())
                .get(shard)
                .serve(vertx, tiers::find)
                .completion();
    }

    private RedisTier redisTier(RedisCache cache, Lookup store) {
        RedisTier tier = new RedisTier(
                cache,
                new RecordCodec(parts.pepper().derive(MAC_LABEL), parts.compressAbove()),
                store,
                parts.freshness(),
                parts.ttl(),
                parts.meters(),
                parts.refusals());
        Changes.APPLIED.listen(vertx, changes -> tier.clear(changes, query -> query.shard(parts.shards()) == shard));
        return tier;
    }

    @Override
    public Future<?> stop() {
        return link == null ? Future.succeededFuture() : link.close();
    }
}
