package io.portcullis.ratelimit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Attachable;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.LocalCodec;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisSettings;
import io.portcullis.cache.RedisTopology;
import io.portcullis.cache.ServerAddress;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A node, as far as limits go: its own Vert.x, its own link to Redis. */
final class LimitNode implements AutoCloseable {

    final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    final Limits limits;
    private final String verticle;
    private final Map<Client, Attachable> records = new ConcurrentHashMap<>();

    LimitNode(int redisPort, String prefix, String... policies) throws Exception {
        this(new RedisTopology.Standalone(new ServerAddress("127.0.0.1", redisPort)), prefix, policies);
    }

    LimitNode(RedisTopology servers, String prefix, String... policies) throws Exception {
        LocalCodec.register(vertx);
        RedisLinks redis = new RedisLinks(
                new RedisSettings(
                        servers,
                        null,
                        null,
                        0,
                        null,
                        prefix,
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(2),
                        1,
                        10_000,
                        1,
                        1,
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(5)),
                RedisMeters.none());
        limits = new Limits(
                vertx.eventBus(),
                new Limits.Settings(
                        List.of(policies).stream().map(LimitPolicy::parse).toList(),
                        ofClient(Duration.ofSeconds(10)),
                        Duration.ofSeconds(30),
                        100_000),
                new SecureRandom(),
                metrics);
        verticle = vertx.deployVerticle(
                        new LimitsVerticle(limits, redis, prefix, Duration.ofMinutes(1), RedisMeters.none()))
                .await(5, TimeUnit.SECONDS);
    }

    static LimitPolicy ofClient(Duration window) {
        return new LimitPolicy(
                LimitPolicy.OF_CLIENT,
                Set.of(Dimension.CLIENT),
                new Rule.SlidingWindow(1, window),
                LimitMode.LEASED,
                RedisAway.LOCAL,
                false,
                false);
    }

    /** Until Redis answers it. */
    LimitNode up() {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !limits.isDegraded());
        return this;
    }

    /** Until it knows of so many nodes. */
    LimitNode knowing(int nodes) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> limits.standing().nodes() == nodes);
        return this;
    }

    static Decision.Allowed client(String id) {
        return client(id, null, null);
    }

    static Decision.Allowed client(String id, @Nullable Integer rateLimit, @Nullable String limitPolicy) {
        return new Decision.Allowed(
                new Client(
                        id,
                        null,
                        "tenant-of-" + id,
                        null,
                        null,
                        null,
                        null,
                        AddressRules.ANY,
                        rateLimit,
                        ClientStatus.ACTIVE,
                        null,
                        null,
                        1,
                        limitPolicy,
                        null),
                null,
                false);
    }

    Future<Verdict> admit(Decision.Allowed allowed) {
        return admit(allowed, null);
    }

    /** As the data plane does, of a client whose record this node holds. */
    Future<Verdict> admit(Decision.Allowed decided, @Nullable IpAddress address) {
        Decision.Allowed allowed = new Decision.Allowed(
                decided.client(),
                decided.key(),
                decided.stale(),
                records.computeIfAbsent(decided.client(), client -> new PoliciesTest.Held()));
        Verdict now = limits.admitNow(allowed, () -> address);
        return now != null
                ? Future.succeededFuture(now)
                : limits.admit(allowed, () -> address, Deadline.in(Duration.ofSeconds(2)));
    }

    Verdict.Kind ask(Decision.Allowed allowed) throws Exception {
        return verdict(allowed).kind();
    }

    Verdict verdict(Decision.Allowed allowed) throws Exception {
        return admit(allowed).await(5, TimeUnit.SECONDS);
    }

    /** As {@code kill -9} does: nothing is given back. */
    void kill() {
        await(vertx.close());
    }

    /** A clean stop. */
    @Override
    public void close() {
        await(vertx.undeploy(verticle));
        kill();
    }

    private static void await(Future<?> end) {
        try {
            end.await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("does not end", e);
        }
    }
}
