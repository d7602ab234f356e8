package io.portcullis;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.CacheStats;
import io.portcullis.cache.RedisLinks;
import io.portcullis.management.Resource;
import io.portcullis.registry.CacheVerticle;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What administrators read of the shared cache. */
final class CacheResources {

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final EventBus bus;
    private final RedisMetrics metrics;
    private final RedisLinks links;

    CacheResources(EventBus bus, RedisMetrics metrics, RedisLinks links) {
        this.bus = bus;
        this.metrics = metrics;
        this.links = links;
    }

    List<Resource> all() {
        return List.of(new Resource("/cache/stats", Set.of(), this::stats));
    }

    private Future<Resource.Answer> stats(Map<String, String> parameters) {
        return CacheVerticle.CACHE_STATS
                .ask(bus, CacheVerticle.StatsQuestion.NOW, Deadline.in(LIMIT))
                .transform(done -> Future.succeededFuture(
                        done.succeeded()
                                ? new Resource.Body(json(done.result()))
                                : new Resource.Problem(
                                        503,
                                        65011,
                                        "Database error",
                                        "Redis does not answer, or this process has no cache verticle",
                                        new JsonObject())));
    }

    private JsonObject json(CacheStats stats) {
        return new JsonObject()
                .put("hits", metrics.hits())
                .put("misses", metrics.misses())
                .put("entries", stats.entries())
                .put("entries_are_estimated", stats.counted() < stats.keys())
                .put("keys", stats.keys())
                .put("memory_bytes", stats.memoryBytes())
                .put("servers", stats.servers())
                .put(
                        "connections",
                        new JsonObject()
                                .put("active", links.active())
                                .put("idle", links.idle())
                                .put("down", links.down()));
    }
}
