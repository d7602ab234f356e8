package io.portcullis;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.portcullis.accounts.CachedClients;
import io.portcullis.auth.Fingerprinter;
import io.portcullis.cache.RedisLinks;
import io.portcullis.config.GatewayConfig;
import io.portcullis.database.PostgresClients;
import io.portcullis.freshness.Evictions;
import io.portcullis.freshness.Freshness;
import io.portcullis.freshness.InvalidationVerticle;
import io.portcullis.registry.Authenticator;
import io.portcullis.registry.CacheVerticle;
import io.portcullis.registry.CredentialUses;
import io.portcullis.registry.LadderClient;
import io.portcullis.registry.NearCache;
import io.portcullis.registry.OwnedClients;
import io.portcullis.registry.OwnerCheck;
import io.portcullis.registry.PgPeppers;
import io.portcullis.registry.RecordRefusals;
import io.portcullis.registry.Redigest;
import io.portcullis.registry.SecretCheck;
import io.portcullis.registry.SlowHashes;
import io.portcullis.registry.StoreLimit;
import io.portcullis.registry.StoreVerticle;
import io.portcullis.registry.TierMeters;
import io.portcullis.registry.Warming;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** How this process finds who calls: the near cache, the verticles of the tiers behind it, and who decides by what they know. */
final class LookupParts {

    private final GatewayConfig config;
    private final Vertx vertx;
    private final PostgresClients postgres;
    private final Freshness freshness;
    private final PrometheusMeterRegistry metrics;
    private final NearCache near;
    private final RecordRefusals refusals;
    private final int shards;
    private final List<Part> verticles = new ArrayList<>();

    LookupParts(
            GatewayConfig config,
            Reach reach,
            Vertx vertx,
            int eventLoops,
            PostgresClients postgres,
            SlowOperations slow,
            RedisLinks redis,
            RedisMetrics redisMetrics,
            Freshness freshness,
            PrometheusMeterRegistry metrics) {
        this.config = config;
        this.vertx = vertx;
        this.postgres = postgres;
        this.freshness = freshness;
        this.metrics = metrics;
        this.refusals = new RecordRefusals(metrics);
        this.near = near(config, metrics);
        this.shards = config.deployment().cache().on(Math.min(eventLoops, config.linksForCache()));
        TierMeters storeMeters = TierMeters.timed(metrics, "store");
        for (int i = 0; i < config.deployment().store().on(eventLoops); i++) {
            verticles.add(new Part("store", () -> new StoreVerticle(postgres, slow, freshness, storeMeters, refusals)));
        }
        CacheVerticle.Parts cacheParts = new CacheVerticle.Parts(
                shards,
                redis,
                config.cache().enabled(),
                config.redis().prefix(),
                config.redis().ttl(),
                redisMetrics,
                reach.pepper(),
                freshness,
                config.cache().ttl(),
                config.cache().compressAbove().toInt(),
                TierMeters.timed(metrics, "redis"),
                TierMeters.untimed(metrics, "redis-owners"),
                refusals,
                new StoreLimit(
                        config.postgres().concurrencyMin(), config.postgres().concurrencyMax(), metrics));
        for (int i = 0; i < shards; i++) {
            int shard = i;
            verticles.add(new Part("cache", () -> new CacheVerticle(shard, cacheParts)));
        }
    }

    private static NearCache near(GatewayConfig config, PrometheusMeterRegistry metrics) {
        NearCache near = new NearCache(
                config.cache().nearSize().bytes(),
                config.cache().unknownTtl(),
                config.cache().unknownEntries(),
                config.cache().warm());
        Gauge.builder("registry_near_warmed", near, NearCache::warmedCount).register(metrics);
        Gauge.builder("registry_near_clients", near, NearCache::clientCount).register(metrics);
        Gauge.builder("registry_near_credentials", near, NearCache::credentialCount)
                .register(metrics);
        return near;
    }

    /** What the near cache is to forget when the log says so. */
    Evictions evictions() {
        return new Evictions() {
            @Override
            public void client(String clientId) {
                near.forgetClient(clientId);
            }

            @Override
            public void everything() {
                near.forgetAll();
            }
        };
    }

    /** In the order in which they are started, behind whatever follows the log. */
    List<Part> verticles() {
        return verticles;
    }

    /** The clients as administrators find them, and have them cached. */
    CachedClients clients() {
        return new LadderClients(
                new OwnedClients(vertx.eventBus(), shards), config.cache().enabled(), metrics);
    }

    /** The tiers behind the near cache. */
    LadderClient ladder() {
        return new LadderClient(vertx.eventBus(), shards);
    }

    /** Fills the near cache, where the configuration wants it; blocks. */
    void warm() throws StartException {
        if (config.cache().warm() > 0) {
            Duration limit = config.cache().warmLimit();
            Warming warming = new Warming(
                    postgres.transactions(), near, freshness, config.cache().ttl(), refusals, metrics);
            Waiting.on("warming the near cache", warming.run(config.cache().warm(), limit), limit.plusSeconds(5));
        }
    }

    /**
     * Who decides.
     *
     * @param uses counts what is allowed
     * @param owners null where nobody asks for a client's owner
     */
    Authenticator authenticator(
            Reach reach, CredentialUses uses, @Nullable OwnerCheck owners, Clock clock, Closings closings) {
        return new Authenticator(
                new Authenticator.Parts(
                        Fingerprinter.create(new SecureRandom()),
                        reach.peppers(),
                        new SecretCheck(reach.peppers(), slowHashes(closings)),
                        new Redigest(new PgPeppers(postgres.transactions()), metrics),
                        near,
                        uses,
                        freshness,
                        config.cache().ttl(),
                        deadline -> InvalidationVerticle.CATCH_UP.ask(
                                vertx.eventBus(), InvalidationVerticle.CatchUp.NOW, deadline),
                        refusals,
                        clock),
                ladder(),
                owners);
    }

    private SlowHashes slowHashes(Closings closings) {
        var limits = config.auth().slowHash();
        AtomicInteger count = new AtomicInteger();
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                limits.threads(), limits.threads(), 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread thread = new Thread(work, "slow-hash-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        closings.add("slow hashes", threads::shutdownNow);
        return new SlowHashes(
                new SlowHashes.Limits(limits.threads(), limits.waiting(), (int)
                        (limits.memory().bytes() / 1024)),
                threads,
                metrics);
    }
}
