package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PolicyLimitersTest {

    private final Standing standing = new Standing();
    private final LimitPolicy policy = LimitPolicy.parse("p by=client limit=5 window=10m mode=local");
    private final PolicyLimiters limiters = new PolicyLimiters(
            policy,
            1_000,
            new LimitMeters(new SimpleMeterRegistry(), () -> 0, standing).of("p"),
            new PolicyLimiters.Parts(
                    standing, new Ids("n"), new LeasedLimiter.Leasing(new Questions(), new Ids("n"), 1, held -> {})));

    @Test
    void thereAreNeverMoreThanTheMost() {
        for (int i = 0; i < 20_000; i++) {
            limiters.at("client-" + i).take(System.nanoTime());
            assertThat(limiters.size()).isLessThanOrEqualTo(1_000);
        }
    }

    /** However many others there are: if he is asked for once while half as many come as there may be. */
    @Test
    void whoIsAskedForStays() {
        Limiter asked = limiters.at("asked");
        for (int i = 0; i < 20_000; i++) {
            limiters.at("client-" + i);
            if (i % 400 == 0) {
                assertThat(limiters.at("asked")).isSameAs(asked);
            }
        }
        for (int i = 0; i < 1_000; i++) {
            limiters.at("another-" + i);
        }
        assertThat(limiters.called("asked")).isNull();
    }

    /** Each key is asked for by all at the same time: there is one limiter to take from. */
    @Test
    void aSubjectHasOneLimiterWhoeverAsks() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            AtomicInteger admitted = new AtomicInteger();
            for (int round = 0; round < 400; round++) {
                String key = "round-" + round;
                CyclicBarrier all = new CyclicBarrier(4);
                List<Future<Object>> takers = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    takers.add(threads.submit(() -> {
                        all.await();
                        for (int n = 0; n < 4; n++) {
                            if (limiters.at(key).take(System.nanoTime()) == Limiter.Outcome.ADMITTED) {
                                admitted.incrementAndGet();
                            }
                        }
                        return key;
                    }));
                }
                for (Future<Object> taker : takers) {
                    taker.get();
                }
            }
            assertThat(admitted).hasValue(400 * 5);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void thoseThatNobodyAsksForInTwoWindowsGo() {
        long now = System.nanoTime();
        limiters.at("old").take(now);
        limiters.at("young").take(now + TimeUnit.MINUTES.toNanos(15));

        limiters.forgetIdle(now + TimeUnit.MINUTES.toNanos(21));

        assertThat(limiters.called("old")).isNull();
        assertThat(limiters.called("young")).isNotNull();
        assertThat(limiters.size()).isEqualTo(1);
    }

    @Test
    void aSubjectKeepsItsLimiter() {
        assertThat(limiters.at("a")).isSameAs(limiters.at("a")).isNotSameAs(limiters.at("b"));
        limiters.forget("a");
        assertThat(limiters.called("a")).isNull();
    }
}
