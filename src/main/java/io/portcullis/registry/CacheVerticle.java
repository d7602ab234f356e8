package io.portcullis.registry;

import io.portcullis.auth.Pepper;
import io.portcullis.bus.BusCall;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.CacheStats;
import io.portcullis.cache.ReadThrough;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisKey;
import io.portcullis.cache.RedisKeyspace;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.Source;
import io.portcullis.freshness.Changes;
import io.portcullis.freshness.Freshness;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
            TierMeters ownedMeters,
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
        Source<String, Owned> owners =
                (userId, deadline) -> RegistryCalls.STORE_FIND_OWNED.ask(vertx.eventBus(), userId, deadline);
        List<Future<?>> served = new ArrayList<>();
        Lookup ladder = store;
        BusCall.Handler<String, Owned> owned = owners::read;
        if (parts.redisHoldsRecords()) {
            ReadThrough<Query, Found> records = new ReadThrough<>(redisTier(cache), store::find);
            ladder = (query, deadline) ->
                    query.from() == Query.From.POSTGRES ? records.past(query, deadline) : records.get(query, deadline);
            ReadThrough<String, Owned> lists = new ReadThrough<>(ownedTier(cache), owners);
            owned = lists::get;
            served.add(RegistryCalls.RENEW
                    .serve(vertx, (names, deadline) -> renew(records, lists, names, deadline))
                    .completion());
            served.add(RegistryCalls.DROP
                    .serve(vertx, (names, deadline) -> drop(cache, names, deadline))
                    .completion());
        }
        served.add(RegistryCalls.FIND_OWNED.serve(vertx, owned).completion());
        served.add(RegistryCalls.find(parts.shards())
                .get(shard)
                .serve(vertx, new SingleFlight(ladder)::find)
                .completion());
        return Future.all(served);
    }

    private static Future<Boolean> renew(
            ReadThrough<Query, Found> records,
            ReadThrough<String, Owned> lists,
            AccountNames names,
            Deadline deadline) {
        Future<Void> record = records.renew(new Query.ByClientId(names.clientId(), Query.From.POSTGRES), deadline);
        return (names.ownerUserId() == null ? record : Future.all(record, lists.renew(names.ownerUserId(), deadline)))
                .map(true);
    }

    private static Future<Boolean> drop(RedisCache cache, AccountNames names, Deadline deadline) {
        return cache.delete(names.inRedis().stream().map(RedisKey::of).toList(), deadline)
                .map(true);
    }

    private RedisTier redisTier(RedisCache cache) {
        RedisTier tier =
                new RedisTier(cache, codec(), parts.freshness(), parts.ttl(), parts.meters(), parts.refusals());
        Changes.APPLIED.listen(vertx, changes -> tier.clear(changes, query -> query.shard(parts.shards()) == shard));
        return tier;
    }

    private OwnedTier ownedTier(RedisCache cache) {
        return new OwnedTier(cache, codec(), parts.freshness(), parts.ttl(), parts.ownedMeters(), parts.refusals());
    }

    private RecordCodec codec() {
        return new RecordCodec(parts.pepper().derive(MAC_LABEL), parts.compressAbove());
    }

    @Override
    public Future<?> stop() {
        return link == null ? Future.succeededFuture() : link.close();
    }
}
