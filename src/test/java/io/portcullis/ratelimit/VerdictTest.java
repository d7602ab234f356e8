package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {

    private final long now = TimeUnit.HOURS.toNanos(1);

    private Limiter limiter(String line, int taken) {
        LimitPolicy policy = LimitPolicy.parse(line + " mode=local");
        LimitMeters meters = new LimitMeters(new SimpleMeterRegistry(), () -> 0, new Standing());
        Limiter limiter =
                new LocalLimiter(policy, "x", meters.of(policy.name()), Terms.of(policy.name(), policy.rule()));
        for (int i = 0; i < taken; i++) {
            limiter.take(now);
        }
        return limiter;
    }

    private Verdict admitted(Limiter... limiters) {
        return new Verdict(Verdict.Kind.ADMITTED, limiters, null, now);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "p by=client limit=10 window=1m     | 1      | r=9;t=62",
                "p by=client rate=2/s burst=1       | 1      | r=0;t=1",
                // More nanoseconds than a long has.
                "p by=client rate=1/d burst=1000000 | 120000 | r=880000;t=9223372037",
            })
    void whatIsLeftAndUntilWhenAllIsThere(String line, int taken, String said) {
        Limiter limiter = limiter(line, taken);
        assertThat(admitted(limiter).limitField().toString()).isEqualTo("\"p\";" + said);
    }

    @Test
    void ofSeveralEachIsNamedAndShadowsAreNot() {
        Verdict verdict = admitted(
                limiter("a by=client limit=10 window=1m", 1),
                limiter("b by=client limit=20 window=1m shadow=true", 1),
                limiter("c by=client rate=1/s burst=30", 1));
        assertThat(verdict.policyField().toString()).isEqualTo("\"a\";q=10;w=60, \"c\";q=30;w=30");
        assertThat(verdict.limitField().toString()).isEqualTo("\"a\";r=9;t=62, \"c\";r=29;t=1");
    }
}
