package io.portcullis.freshness;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.cache.RedisCache;
import io.portcullis.cache.RedisLink;
import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisSettings;
import io.portcullis.cache.RedisTopology;
import io.portcullis.cache.ServerAddress;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What stands in Redis after another server took over. */
@Timeout(30)
class SharedPositionIT {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Position HERE = new Position("7-1-0", 42);
    private static final String KEY = "registry:applied";

    private static Vertx vertx;
    private static RealRedis first;
    private static RealRedis second;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        first = new RealRedis();
        second = new RealRedis();
    }

    @AfterAll
    static void stop() {
        first.close();
        second.close();
        vertx.close().await();
    }

    /** On an event loop of its own. */
    private static final class Node implements AutoCloseable {
        private final Context context = vertx.getOrCreateContext();
        private final RedisLink link;
        private final SharedPosition shared;

        Node(RealRedis redis) {
            RedisSettings settings = new RedisSettings(
                    new RedisTopology.Standalone(new ServerAddress("127.0.0.1", redis.port())),
                    null,
                    null,
                    0,
                    null,
                    "",
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(3),
                    3,
                    100,
                    1,
                    1,
                    HOUR,
                    HOUR);
            RedisLinks links = new RedisLinks(settings, RedisMeters.none());
            link = run(() -> Future.succeededFuture(links.open(vertx)));
            // What is asked before may wait for a tenth of a second and no longer.
            Awaitility.await().until(link::connected);
            shared = new SharedPosition(
                    new RedisCache(link, "", HOUR, RedisMeters.none()),
                    new SecretKeySpec(new byte[32], "HmacSHA256"),
                    HOUR,
                    System::nanoTime);
        }

        SharedPosition.@Nullable Reading read() {
            return run(shared::read);
        }

        void write() {
            run(() -> shared.write(HERE, Objects.requireNonNull(shared.passed())));
        }

        private <T> T run(Supplier<Future<T>> action) {
            Promise<T> done = Promise.promise();
            context.runOnContext(v -> action.get().onComplete(done));
            return done.future().timeout(10, TimeUnit.SECONDS).await();
        }

        @Override
        public void close() {
            run(link::close);
        }
    }

    @Test
    void ofAnotherServersClockOnlyThePositionCounts() throws Exception {
        try (Node before = new Node(first);
                Node after = new Node(second);
                RawRedis source = first.raw();
                RawRedis target = second.raw()) {
            assertThat(before.read()).isNull();
            before.write();
            SharedPosition.Reading there = Objects.requireNonNull(before.read());
            assertThat(there.position()).isEqualTo(HERE);
            assertThat(Duration.ofNanos(System.nanoTime() - there.nanos())).isLessThan(Duration.ofSeconds(10));

            // As replication does: the same bytes, another server, another clock.
            target.set(KEY, source.command("GET", KEY));
            SharedPosition.Reading here = Objects.requireNonNull(after.read());
            assertThat(here.position()).isEqualTo(HERE);
            assertThat(Duration.ofNanos(System.nanoTime() - here.nanos())).isGreaterThan(Duration.ofDays(365));

            after.write();
            here = Objects.requireNonNull(after.read());
            assertThat(Duration.ofNanos(System.nanoTime() - here.nanos())).isLessThan(Duration.ofSeconds(10));
        }
    }
}
