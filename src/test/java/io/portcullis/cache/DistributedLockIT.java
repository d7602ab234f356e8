package io.portcullis.cache;

import static io.portcullis.cache.LinkFixture.await;
import static io.portcullis.cache.LinkFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.bus.Deadline;
import io.portcullis.cache.DistributedLock.Held;
import io.portcullis.testing.RealRedis;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DistributedLockIT {

    private static final Duration LONG = Duration.ofSeconds(30);

    private static Vertx vertx;
    private static RealRedis redis;
    private final List<LinkFixture> open = new ArrayList<>();

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        redis = new RealRedis();
    }

    @AfterAll
    static void stop() {
        redis.close();
        FakePeer.await(vertx.close());
    }

    @BeforeEach
    void empty() {
        redis.command("FLUSHALL");
        redis.command("SCRIPT", "FLUSH");
    }

    @AfterEach
    void closeAll() {
        open.forEach(LinkFixture::close);
    }

    private LinkFixture process() {
        LinkFixture link = new LinkFixture(
                vertx, LinkFixture.settings(redis.port()).prefix("app").build());
        open.add(link);
        await().until(link::connected);
        return link;
    }

    private static DistributedLock lock(RedisCache cache, Duration ttl) {
        return new DistributedLock(vertx, cache, "sync", ttl, new SecureRandom());
    }

    private static @Nullable Held tryAcquire(LinkFixture process, Duration ttl) {
        return FakePeer.await(process.on(cache -> lock(cache, ttl).tryAcquire(Deadline.in(LONG))));
    }

    private static Held acquire(LinkFixture process, Duration ttl) {
        return Objects.requireNonNull(tryAcquire(process, ttl));
    }

    private static boolean release(LinkFixture process, Held held) {
        Future<Boolean> released = process.run(held::release);
        return FakePeer.await(released);
    }

    /** What the lock protects, as it should be built: it remembers the largest token. */
    private static final class FencedStore {
        private long largest;
        private @Nullable String value;

        synchronized boolean write(long token, String newValue) {
            if (token < largest) {
                return false;
            }
            largest = token;
            value = newValue;
            return true;
        }
    }

    @Test
    void onlyOneHasItAndWhoReleasesItFreesIt() {
        LinkFixture first = process();
        LinkFixture second = process();
        Held held = acquire(first, LONG);
        assertThat(held.isHeld()).isTrue();
        assertThat(tryAcquire(second, LONG)).isNull();
        assertThat(tryAcquire(first, LONG)).as("it is not reentrant").isNull();
        assertThat(release(first, held)).isTrue();
        assertThat(held.isHeld()).isFalse();
        Held next = acquire(second, LONG);
        assertThat(next.token()).isGreaterThan(held.token());
        assertThat(release(first, held)).as("not any more").isFalse();
        assertThat(next.isHeld()).isTrue();
        assertThat(tryAcquire(first, LONG)).isNull();
    }

    @Test
    void neverTwoAtOnceHoweverManyCompete() {
        List<LinkFixture> processes = List.of(process(), process(), process(), process());
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger turns = new AtomicInteger();
        List<Long> tokens = Collections.synchronizedList(new ArrayList<>());
        for (LinkFixture process : processes) {
            process.on(cache -> {
                compete(lock(cache, LONG), inside, most, turns, tokens);
                return Future.succeededFuture();
            });
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> turns.get() >= 200);
        assertThat(most).hasValue(1);
        assertThat(new ArrayList<>(tokens))
                .as("tokens in the order of the turns")
                .isSorted()
                .doesNotHaveDuplicates();
    }

    private static void compete(
            DistributedLock lock, AtomicInteger inside, AtomicInteger most, AtomicInteger turns, List<Long> tokens) {
        if (turns.get() >= 200) {
            return;
        }
        lock.tryAcquire(Deadline.in(LONG)).onSuccess(held -> {
            if (held == null) {
                vertx.setTimer(1, id -> compete(lock, inside, most, turns, tokens));
                return;
            }
            tokens.add(held.token());
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            vertx.setTimer(1, id -> {
                inside.decrementAndGet();
                turns.incrementAndGet();
                held.release().onComplete(done -> compete(lock, inside, most, turns, tokens));
            });
        });
    }

    @Test
    void aHolderThatLivesKeepsItBeyondItsTime() {
        LinkFixture first = process();
        LinkFixture second = process();
        Duration ttl = Duration.ofMillis(150);
        Held held = acquire(first, ttl);
        long start = System.nanoTime();
        await().atMost(Duration.ofSeconds(10)).until(() -> {
            assertThat(tryAcquire(second, ttl)).isNull();
            return Duration.ofNanos(System.nanoTime() - start).compareTo(ttl.multipliedBy(4)) > 0;
        });
        assertThat(held.isHeld()).isTrue();
        assertThat(held.lost().isComplete()).isFalse();
        assertThat(release(first, held)).isTrue();
    }

    @Test
    void aHolderThatWasExpelledHearsOfItAndCannotReleaseTheNextOnes() {
        LinkFixture first = process();
        LinkFixture second = process();
        Held held = acquire(first, Duration.ofMillis(300));
        redis.command("DEL", "app:{lock:sync}");
        Held next = acquire(second, LONG);

        FakePeer.await(held.lost());
        assertThat(held.isHeld()).isFalse();
        assertThat(release(first, held)).isFalse();
        assertThat(next.isHeld()).isTrue();
        assertThat(redis.command("EXISTS", "app:{lock:sync}")).isEqualTo(":1");
    }

    @Test
    void aHolderThatCannotReachRedisGivesItUpInTime() {
        RealRedis own = new RealRedis();
        try (LinkFixture process =
                new LinkFixture(vertx, LinkFixture.settings(own.port()).build())) {
            await().until(process::connected);
            long start = System.nanoTime();
            Held held = acquire(process, Duration.ofMillis(500));
            own.signal("STOP");
            FakePeer.await(held.lost());
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
            assertThat(held.isHeld()).isFalse();
        } finally {
            own.close();
        }
    }

    @Test
    void aStaleHolderIsRefusedByAStoreThatLooksAtTheToken() {
        LinkFixture first = process();
        LinkFixture second = process();
        FencedStore store = new FencedStore();
        Held stale = acquire(first, LONG);
        assertThat(store.write(stale.token(), "first")).isTrue();
        // The holder sleeps; its time passes, or a failover forgets it.
        redis.command("DEL", "app:{lock:sync}");
        Held next = acquire(second, LONG);
        assertThat(store.write(next.token(), "second")).isTrue();

        assertThat(store.write(stale.token(), "too late")).isFalse();
        assertThat(store.value).isEqualTo("second");
    }

    @Test
    void tokensGrowAlsoWhenRedisHasForgottenEverything() {
        LinkFixture process = process();
        long last = 0;
        for (int i = 0; i < 5; i++) {
            Held held = acquire(process, LONG);
            assertThat(held.token()).isGreaterThan(last);
            last = held.token();
            redis.command("FLUSHALL");
            redis.command("SCRIPT", "FLUSH");
        }
        for (int i = 0; i < 5; i++) {
            Held held = acquire(process, LONG);
            assertThat(held.token()).isGreaterThan(last);
            last = held.token();
            assertThat(release(process, held)).isTrue();
        }
    }

    /** Also where the server's clock stands behind the counter. */
    @Test
    void tokensGrowFromTheCounterWhereTheClockIsBehind() {
        LinkFixture process = process();
        redis.command("SET", "app:{lock:sync}:token", "8000000000000000");
        assertThat(acquire(process, LONG).token()).isEqualTo(8_000_000_000_000_001L);
    }

    @Test
    void whereRedisIsAwayNobodyIsToldThatTheyHaveIt() {
        RealRedis own = new RealRedis();
        try (LinkFixture process =
                new LinkFixture(vertx, LinkFixture.settings(own.port()).build())) {
            await().until(process::connected);
            own.kill();
            await().until(() -> process.links.down() == 1);
            Promise<@Nullable Held> none = Promise.promise();
            process.on(cache -> lock(cache, LONG).tryAcquire(Deadline.in(LONG)).onComplete(none));
            assertThat(failure(none.future())).isInstanceOf(RedisFailure.class);
            own.startAgain();
        } finally {
            own.close();
        }
    }
}
