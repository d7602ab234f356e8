package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalBudgetTest {

    private static final long MILLI = 1_000_000;

    /** Against every admission written down: no window sees more than the limit, and nobody waits longer than a slot for what is free. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void noWindowSeesMoreThanItsLimit(int seed) {
        Random random = new Random(seed);
        long limit = 1L + random.nextInt(50);
        Duration window = Duration.ofMillis(100 + random.nextInt(2000));
        LocalBudget budget = LocalBudget.of(new Rule.SlidingWindow(limit, window));
        Deque<Long> admitted = new ArrayDeque<>();
        long now = random.nextLong() / 4;
        long slot = (window.toNanos() + 31) / 32;
        for (int i = 0; i < 20_000; i++) {
            long step = (long) (random.nextDouble() * 4 * window.toNanos() / limit);
            now += step * (random.nextInt(50) == 0 ? 100 : 1);
            while (!admitted.isEmpty() && now - admitted.peekFirst() >= window.toNanos() + slot) {
                admitted.removeFirst();
            }
            long before = now;
            boolean taken = budget.take(now);
            if (taken) {
                admitted.addLast(now);
                assertThat(admitted.stream()
                                .filter(at -> before - at < window.toNanos())
                                .count())
                        .isLessThanOrEqualTo(limit);
            } else {
                assertThat(admitted).as("refused without a reason").hasSizeGreaterThanOrEqualTo((int) limit);
                long wait = budget.until(now);
                assertThat(wait).isPositive();
                now += wait;
                assertThat(budget.left(now)).as("admitted when it was said").isPositive();
            }
            if (random.nextInt(20) == 0 && taken) {
                budget.giveBack(now);
                admitted.removeLast();
            }
        }
    }

    @Test
    void aBucketGivesItsBurstAndThenItsRate() {
        LocalBudget budget = LocalBudget.of(new Rule.TokenBucket(10, 5));
        long now = -3;
        for (int i = 0; i < 5; i++) {
            assertThat(budget.take(now)).isTrue();
        }
        assertThat(budget.take(now)).isFalse();
        assertThat(budget.until(now)).isEqualTo(100 * MILLI);
        assertThat(budget.take(now + 99 * MILLI)).isFalse();
        assertThat(budget.take(now + 101 * MILLI)).isTrue();
        assertThat(budget.take(now + 102 * MILLI)).isFalse();
        assertThat(budget.left(now + 3600_000 * MILLI)).isEqualTo(5);
    }

    @Test
    void aShareIsRoundedDown() {
        LocalBudget third = LocalBudget.of(new Rule.SlidingWindow(10, Duration.ofSeconds(1)), 3);
        assertThat(third.left(0)).isEqualTo(3);
        LocalBudget none = LocalBudget.of(new Rule.SlidingWindow(1, Duration.ofSeconds(1)), 2);
        assertThat(none.take(0)).isFalse();
        assertThat(none.until(0)).isPositive();
    }
}
