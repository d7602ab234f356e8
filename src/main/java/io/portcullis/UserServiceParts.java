package io.portcullis;

import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.accounts.Owners;
import io.portcullis.auth.Pepper;
import io.portcullis.cache.NearTier;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.config.GatewayConfig;
import io.portcullis.config.OwnerChecking;
import io.portcullis.management.HealthCheck;
import io.portcullis.registry.OwnerCheck;
import io.portcullis.upstream.User;
import io.portcullis.upstream.UserServiceClient;
import io.portcullis.upstream.UserServiceVerticle;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What of this process has to do with the User Service: its API behind a breaker and a cache, and the check of owners. Each is there where
 * the configuration says so; a service that is away never keeps the node from being ready.
 */
final class UserServiceParts {

    /** Of users in memory: some ten thousands of them, 32 MB at most. */
    private static final long MOST_CHARACTERS = 16L << 20;

    private final @Nullable UserServiceVerticle verticle;
    private final @Nullable UserServiceClient client;
    private final @Nullable UserOwnerCheck owners;

    private UserServiceParts(
            @Nullable UserServiceVerticle verticle,
            @Nullable UserServiceClient client,
            @Nullable UserOwnerCheck owners) {
        this.verticle = verticle;
        this.client = client;
        this.owners = owners;
    }

    static UserServiceParts of(
            GatewayConfig config,
            Vertx vertx,
            RedisLinks redis,
            RedisMeters redisMeters,
            Pepper pepper,
            MeterRegistry meters,
            Clock clock) {
        String url = config.userService().url();
        if (url == null || !config.asksUserService()) {
            return new UserServiceParts(null, null, null);
        }
        NearTier<String, Optional<User>> near = UserServiceVerticle.near(MOST_CHARACTERS);
        UserServiceVerticle verticle = new UserServiceVerticle(new UserServiceVerticle.Parts(
                Connections.userService(config.userService(), url, config.breaker()),
                near,
                config.cache().enabled()
                        ? new UserServiceVerticle.SharedTier(
                                redis,
                                config.redis().prefix(),
                                redisMeters,
                                new SecretKeySpec(pepper.derive(UserServiceVerticle.MAC_LABEL), "HmacSHA256"))
                        : null,
                config.cache().userTtl(),
                meters,
                System::nanoTime,
                clock));
        UserServiceClient client = new UserServiceClient(vertx.eventBus());
        return new UserServiceParts(verticle, client, owners(config, near, client));
    }

    private static @Nullable UserOwnerCheck owners(
            GatewayConfig config, NearTier<String, Optional<User>> near, UserServiceClient client) {
        OwnerChecking checking = config.auth().ownerCheck();
        Duration active = config.cache().userTtl();
        Function<Optional<User>, Duration> ttl = user -> UserServiceVerticle.ttl(user, active);
        return switch (checking) {
            case OFF -> null;
            case CACHED ->
                UserOwnerCheck.cached(
                        near, client::getUserById, ttl, config.freshness().grace(), System::nanoTime);
            case STRICT ->
                UserOwnerCheck.strict(
                        near, client::getUserNow, ttl, config.freshness().lease(), System::nanoTime);
        };
    }

    /** From now on, as far as it can be changed while the gateway runs. */
    void use(GatewayConfig changed) {
        if (owners != null) {
            owners.grace(changed.freshness().grace());
        }
    }

    /** Who is asked whether a client's owner is active; null where nobody is to be. */
    @Nullable
    OwnerCheck ownerCheck() {
        return owners;
    }

    /** Who may own clients. */
    Owners owners() {
        return client == null ? Owners.ANY : new UserOwners(client);
    }

    List<Part> verticles() {
        return verticle == null ? List.of() : List.of(new Part("user service", () -> verticle));
    }

    List<HealthCheck> checks() {
        return verticle == null
                ? List.of()
                : List.of(new HealthCheck(
                        "user-service", () -> Future.succeededFuture(AdminServiceParts.breaker(verticle.state()))));
    }
}
