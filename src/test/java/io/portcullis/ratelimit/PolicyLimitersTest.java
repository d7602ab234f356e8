package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PolicyLimitersTest {

    private final Standing standing = new Standing();
    private final LimitPolicy policy = LimitPolicy.parse("p by=client limit=5 window=10m mode=local");
    private final PolicyLimiters limiters = new PolicyLimiters(
            policy,
            1_000,
            new LimitMeters(new SimpleMeterRegistry(), () -> 0, standing).of("p", policy.rule()),
            new PolicyLimiters.Parts(
                    standing, new Ids("n"), new LeasedLimiter.Leasing(new Questions(), new Ids("n"), 1, held -> {})));

    @Test
    void thereAreNeverMoreThanTheMost() {
        for (int i = 0; i < 20_000; i++) {
            limiters.at("client-" + i).take(System.nanoTime());
            assertThat(limiters.all().size()).isLessThanOrEqualTo(1_000);
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
