package io.portcullis.upstream;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.Loop;
import io.portcullis.cache.CacheAside;
import io.portcullis.cache.CacheAsideMeters;
import io.portcullis.cache.NearTier;
import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@link UserServiceCalls} from memory, Redis ({@code user:{id}}) and the User Service, in that order. One instance: the breaker, the
 * retries' budget and the connections are its own, one Redis link too, and one question about a user is under way in the whole process.
 */
public final class UserServiceVerticle extends VerticleBase {

    /** Under which the key of the MAC of values in Redis is derived. */
    public static final String MAC_LABEL = "portcullis redis user mac v1";

    /** That there is no such user, or that he is inactive, is believed for so long at most: somebody may be waiting for it to change. */
    private static final Duration LONGEST_NO = Duration.ofSeconds(30);

    /** The tier that nodes share. */
    public record SharedTier(RedisLinks redis, String prefix, RedisMeters meters, SecretKey macKey) {}

    /**
     * What it works with.
     *
     * @param near may be read by all; a value in it counts as long as {@link #ttl} says
     * @param shared null for none
     * @param ttl of what the service says of a user
     * @param nanos monotonic
     */
    public record Parts(
            UpstreamSettings settings,
            NearTier<String, Optional<User>> near,
            @Nullable SharedTier shared,
            Duration ttl,
            MeterRegistry meters,
            LongSupplier nanos,
            InstantSource clock) {}

    private final Parts parts;
    private volatile @Nullable Upstream upstream;
    private @Nullable RedisLink link;

    public UserServiceVerticle(Parts parts) {
        this.parts = parts;
    }

    /** For so many characters of users. */
    public static NearTier<String, Optional<User>> near(long mostCharacters) {
        return new NearTier<>(mostCharacters, UserServiceVerticle::weight);
    }

    /** How long it may be believed. */
    public static Duration ttl(Optional<User> user, Duration ofActive) {
        boolean active = user.isPresent() && user.get().active();
        return active || ofActive.compareTo(LONGEST_NO) < 0 ? ofActive : LONGEST_NO;
    }

    /** Whether the service is asked; while it is not, this node is degraded and not down. Closed before the start. On any thread. */
    public BreakerState state() {
        Upstream started = upstream;
        return started == null ? BreakerState.CLOSED : started.state();
    }

    /** Starts whether or not the service is there. */
    @Override
    public Future<?> start() {
        Upstream asked = new Upstream(vertx, parts.settings(), parts.meters());
        upstream = asked;
        UserService service = new UserService(asked);
        CacheAside<String, Optional<User>> users = new CacheAside<>(
                service::user,
                parts.near(),
                shared(),
                new CacheAside.Times<>(
                        user -> ttl(user, parts.ttl()), parts.settings().timeout()),
                new CacheAsideMeters(parts.meters(), "user"),
                parts.nanos(),
                parts.clock());
        return Future.join(
                UserServiceCalls.USER.serve(vertx, users::get).completion(),
                UserServiceCalls.USER_NOW
                        .serve(vertx, (id, deadline) -> users.read(id))
                        .completion(),
                UserServiceCalls.USERS
                        .serve(vertx, (question, deadline) -> several(users, question.ids(), deadline))
                        .completion(),
                UserServiceCalls.HEALTH
                        .serve(vertx, (question, deadline) -> service.health(deadline))
                        .completion());
    }

    /** Closes the connections; calls under way fail. */
    @Override
    public Future<?> stop() {
        Upstream started = upstream;
        return Future.join(
                started == null ? Future.succeededFuture() : started.close(),
                link == null ? Future.succeededFuture() : link.close());
    }

    private CacheAside.@Nullable Shared<String, Optional<User>> shared() {
        SharedTier tier = parts.shared();
        if (tier == null) {
            return null;
        }
        RedisLink redis = tier.redis().open(vertx);
        link = redis;
        return new CacheAside.Shared<>(
                new RedisCache(redis, tier.prefix(), parts.ttl(), tier.meters()),
                id -> "user:" + id,
                tier.macKey(),
                new UserCodec());
    }

    /** So many at a time as there are connections. After the first failure no more are asked for. */
    private Future<Map<String, User>> several(
            CacheAside<String, Optional<User>> users, List<String> ids, Deadline deadline) {
        Iterator<String> next = new LinkedHashSet<>(ids).iterator();
        Map<String, User> found = new HashMap<>();
        List<Future<Void>> lanes = new ArrayList<>();
        for (int i = 0; i < Math.min(parts.settings().connections(), ids.size()); i++) {
            lanes.add(Loop.whileTrue(() -> {
                if (!next.hasNext() || lanes.stream().anyMatch(Future::failed)) {
                    return Future.succeededFuture(false);
                }
                if (deadline.expired()) {
                    return Future.failedFuture(
                            UpstreamException.abandoned(parts.settings().name()));
                }
                String id = next.next();
                return users.get(id, deadline).map(user -> {
                    user.ifPresent(there -> found.put(id, there));
                    return true;
                });
            }));
        }
        return Future.all(lanes).map(done -> {
            Map<String, User> inOrder = new LinkedHashMap<>();
            for (String id : ids) {
                User user = found.get(id);
                if (user != null) {
                    inOrder.put(id, user);
                }
            }
            return Collections.unmodifiableMap(inOrder);
        });
    }

    private static int weight(Optional<User> value) {
        // What objects weigh beside their texts, in the same measure, more or less.
        int weight = 100;
        if (value.isPresent()) {
            User user = value.get();
            weight += user.id().length() + length(user.email()) + length(user.firstName()) + length(user.lastName());
            for (String role : user.roles()) {
                weight += 20 + role.length();
            }
        }
        return weight;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }
}
