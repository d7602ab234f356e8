package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.IpAddress;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FailureLimitTest {

    private final IpAddress address = Objects.requireNonNull(IpAddress.parse("192.0.2.1"));

    static Rule[] tenASecond() {
        return new Rule[] {new Rule.TokenBucket(10, 100), new Rule.SlidingWindow(100, Duration.ofSeconds(10))};
    }

    /** They were looked up before the first of them had failed. */
    @ParameterizedTest
    @MethodSource("tenASecond")
    void thoseThatFailAtOnceAllCount(Rule rule) {
        FailureLimit limit = new FailureLimit(rule, 10, new SimpleMeterRegistry());
        for (int i = 0; i < 500; i++) {
            assertThat(limit.retryAfterSeconds(i < 100 ? address : null)).isZero();
            limit.failed(address);
        }

        int wait = rule instanceof Rule.TokenBucket ? 40 : 10;
        assertThat(limit.retryAfterSeconds(address)).isBetween(wait - 1, wait + 1);
        assertThat(limit.retryAfterSeconds(Objects.requireNonNull(IpAddress.parse("192.0.2.2"))))
                .isZero();
    }
}
