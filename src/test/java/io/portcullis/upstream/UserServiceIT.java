package io.portcullis.upstream;

import static io.portcullis.upstream.UpstreamFixture.LONG;
import static io.portcullis.upstream.UpstreamFixture.NO_BREAKER;
import static io.portcullis.upstream.UpstreamFixture.result;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.cache.RedisLinks;
import io.portcullis.cache.RedisMeters;
import io.portcullis.cache.RedisSettings;
import io.portcullis.cache.RedisTopology;
import io.portcullis.cache.ServerAddress;
import io.portcullis.testing.RawRedis;
import io.portcullis.testing.RealRedis;
import io.portcullis.testing.UserServiceStandIn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that share what they were told of users, through a real Redis. */
@Timeout(60)
class UserServiceIT {

    private static RealRedis redis;
    private final UserServiceStandIn service = new UserServiceStandIn(0, 1_000, null);
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void start() {
        redis = new RealRedis();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @BeforeEach
    void empty() {
        redis.command("FLUSHALL");
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        service.close();
    }

    @Test
    void whatOneProcessWasToldTheOtherNeedNotAsk() throws Exception {
        UserServiceFixture one = process("pepper");
        User user = result(one.validate(id(10)));
        one.user(id(19)).await();
        one.user(id(1_000)).await();
        try (RawRedis raw = redis.raw()) {
            await().until(() -> raw.keys("p:user:").size() == 3);
            assertThat(ttl(raw, id(10))).isBetween(290_000L, 300_000L);
            assertThat(ttl(raw, id(19))).as("inactive").isBetween(20_000L, 30_000L);
            assertThat(ttl(raw, id(1_000))).as("not there").isBetween(20_000L, 30_000L);
        }
        assertThat(service.requests()).isEqualTo(3);

        UserServiceFixture other = process("pepper");
        assertThat(result(other.validate(id(10)))).isEqualTo(user);
        assertThat(result(other.user(id(19))).orElseThrow().active()).isFalse();
        assertThat(result(other.user(id(1_000)))).isEmpty();
        assertThat(service.requests()).isEqualTo(3);
        assertThat(other.found("redis")).isEqualTo(3);
        assertThat(Objects.requireNonNull(other.near.get(id(10))).own())
                .as("another process was told")
                .isFalse();

        result(other.validate(id(10)));
        assertThat(other.found("near")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "\u0001", "{\"id\":\"1\",\"isActive\":true}"})
    void whatSomebodyElsePutThereDoesNotCount(String forged) throws Exception {
        try (RawRedis raw = redis.raw()) {
            raw.set("p:user:" + id(19), forged);
            UserServiceFixture asks = process("pepper");

            assertThat(UserServiceFixture.told(asks.validate(id(19)))).startsWith("65012");
            assertThat(service.requests()).isEqualTo(1);
            assertThat(asks.meters.get("cache_values_refused").counter().count())
                    .isEqualTo(1);
        }
    }

    /** Who may write to Redis gives the inactive one the good standing of another, or of his own former days under another pepper. */
    @Test
    void theStandingOfAnotherDoesNotCount() throws Exception {
        process("pepper").validate(id(1)).await();
        try (RawRedis raw = redis.raw()) {
            await().until(() -> raw.exists("p:user:" + id(1)));
            raw.set("p:user:" + id(19), raw.command("GET", "p:user:" + id(1)));
        }

        UserServiceFixture other = process("pepper");
        assertThat(UserServiceFixture.told(other.validate(id(19)))).startsWith("65012");
        UserServiceFixture stranger = process("another pepper");
        result(stranger.validate(id(1)));
        assertThat(stranger.found("redis")).isZero();
        assertThat(service.requests()).isEqualTo(3);
    }

    @Test
    void withoutRedisTheServiceIsAsked() {
        RealRedis gone = new RealRedis();
        UserServiceFixture asks = process(gone, "pepper");
        gone.close();

        assertThat(result(asks.validate(id(1))).active()).isTrue();
        assertThat(result(asks.validate(id(1))).active()).isTrue();
        assertThat(service.requests()).isEqualTo(1);
    }

    private static long ttl(RawRedis raw, String id) throws Exception {
        return Long.parseLong(raw.command("PTTL", "p:user:" + id));
    }

    private UserServiceFixture process(String pepper) {
        return process(redis, pepper);
    }

    private UserServiceFixture process(RealRedis server, String pepper) {
        RedisLinks links = new RedisLinks(
                new RedisSettings(
                        new RedisTopology.Standalone(new ServerAddress("127.0.0.1", server.port())),
                        null,
                        null,
                        0,
                        null,
                        "p:",
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(3),
                        3,
                        1000,
                        1,
                        0,
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(30)),
                RedisMeters.none());
        UserServiceFixture process = new UserServiceFixture(
                service.url(),
                LONG,
                8,
                NO_BREAKER,
                vertx -> new UserServiceVerticle.SharedTier(
                        links,
                        "p",
                        RedisMeters.none(),
                        new SecretKeySpec(pepper.getBytes(StandardCharsets.UTF_8), "HmacSHA256")));
        open.add(process);
        return process;
    }

    private static String id(int index) {
        return UserServiceStandIn.id(index);
    }
}
