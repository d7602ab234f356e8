package io.portcullis.upstream;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.LocalCodec;
import io.portcullis.cache.NearTier;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A process that asks the User Service, as far as that is this room's part. */
final class UserServiceFixture implements AutoCloseable {

    final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final NearTier<String, Optional<User>> near = UserServiceVerticle.near(1_000_000);
    final UserServiceClient client = new UserServiceClient(vertx.eventBus());
    final UserServiceVerticle verticle;

    /** What a process looks like for somebody who cannot know it in advance. */
    UserServiceFixture(
            String url,
            Duration timeout,
            int connections,
            BreakerSettings breaker,
            Function<Vertx, UserServiceVerticle.@Nullable SharedTier> shared) {
        LocalCodec.register(vertx);
        verticle = new UserServiceVerticle(new UserServiceVerticle.Parts(
                new UpstreamSettings("user-service", URI.create(url), null, timeout, connections, 256 * 1024, breaker),
                near,
                shared.apply(vertx),
                Duration.ofMinutes(5),
                meters,
                System::nanoTime,
                Clock.systemUTC()));
        UpstreamFixture.result(vertx.deployVerticle(verticle));
    }

    UserServiceFixture(String url, Duration timeout, BreakerSettings breaker) {
        this(url, timeout, 8, breaker, any -> null);
    }

    Future<User> validate(String id) {
        return client.validateUser(id, soon());
    }

    Future<Optional<User>> user(String id) {
        return client.getUserById(id, soon());
    }

    static Deadline soon() {
        return Deadline.in(UpstreamFixture.LONG);
    }

    /** What who asked is to be told: code and status. */
    static String told(Future<?> call) {
        try {
            call.await(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            if (call.cause() instanceof UserServiceException known) {
                return known.code() + " " + known.status() + " " + known.title();
            }
            throw new AssertionError("not a failure to be told", e);
        }
        throw new AssertionError("no failure but " + call.result());
    }

    double found(String from) {
        return meters.get("cache_lookups").tag("from", from).counter().count();
    }

    @Override
    public void close() {
        UpstreamFixture.close(vertx);
    }
}
