package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.auth.Attachable;
import io.portcullis.auth.Decision;
import io.portcullis.auth.IpAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which limits are for a request, and that what is attached to a client's record is never another answer. */
class PoliciesTest {

    private static final int MOST = 100;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Standing standing = new Standing();

    @Test
    void theSecondRequestOfAClientFindsItsLimitersAtItsRecord() {
        Policies policies = policies("all by=client limit=5 window=1h", "tenants by=tenant limit=5 window=1h");
        Decision.Allowed allowed = held("c", 7, null);

        Limiter[] first = found(policies, allowed);

        assertThat(first).extracting(limiter -> limiter.policy.name()).containsExactly("all", "tenants", "client");
        assertThat(found(policies, allowed)).isSameAs(first);
        assertThat(found(policies, held("c", 7, null))).containsExactly(first);
    }

    @Test
    void ofOneLimitTheLimiterIsAttachedByItself() {
        Policies policies = policies("all by=client limit=5 window=1h");
        Decision.Allowed allowed = held("c", null, null);

        Limiter[] first = found(policies, allowed);

        assertThat(allowed.record().attachment()).isSameAs(first[0]);
        assertThat(found(policies, allowed)).containsExactly(first);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ip", "key", "ip+client"})
    void whatTheRecordDoesNotSayIsLookedUp(String by) {
        Policies policies = policies("all by=client limit=5 window=1h", "p by=" + by + " limit=5 window=1h");
        Decision.Allowed allowed = held("c", null, null);

        found(policies, allowed);

        assertThat(allowed.record().attachment()).isNull();
        assertThat(Arrays.stream(policies.limiters(allowed, () -> IpAddress.parse("192.0.2.1")))
                        .map(limiter -> limiter.subject))
                .doesNotContain("192.0.2.2", "192.0.2.2+c");
    }

    @Test
    void aPolicyThatIsNamedAndNotThereIsCountedAtEachRequest() {
        Policies policies = policies("all by=client limit=5 window=1h", "gold by=client limit=5 window=1h only=named");
        Decision.Allowed unknown = held("c", null, "silver");
        for (int i = 0; i < 3; i++) {
            assertThat(found(policies, unknown)).hasSize(1);
        }
        assertThat(meters.get("rate_limit_unknown_policies").counter().count()).isEqualTo(3);
        assertThat(found(policies, held("c", null, "gold"))).hasSize(2);
    }

    /** As an administrator resets it: it has another limiter from then on. */
    @Test
    void aLimiterThatIsForgottenIsNotFoundAtTheRecord() {
        Policies policies = policies("all by=client limit=5 window=1h");
        Decision.Allowed allowed = held("c", null, null);
        Limiter[] first = found(policies, allowed);

        policies.all().forEach(limiters -> limiters.forget("c"));

        Limiter[] second = found(policies, allowed);
        assertThat(second[0]).isNotSameAs(first[0]);
        assertThat(found(policies, allowed)).containsExactly(second);
    }

    @Test
    void anIdleOneThatHasGoneIsNotFoundAtTheRecord() {
        Policies policies = policies("all by=client limit=5 window=1h mode=local");
        Decision.Allowed allowed = held("c", null, null);
        Limiter first = found(policies, allowed)[0];

        policies.all().forEach(limiters -> limiters.forgetIdle(System.nanoTime() + TimeUnit.HOURS.toNanos(3)));

        assertThat(found(policies, allowed)[0]).isNotSameAs(first);
    }

    /** Who is found at his record is asked for: others do not push him out, and he has one limiter. */
    @Test
    void whoIsFoundAtHisRecordStays() {
        Policies policies = policies("all by=client limit=5 window=1h");
        Decision.Allowed allowed = held("asked", null, null);
        Limiter first = found(policies, allowed)[0];
        for (int i = 0; i < 10 * MOST; i++) {
            found(policies, held("client-" + i, null, null));
            if (i % (MOST / 4) == 0) {
                assertThat(found(policies, allowed)[0]).isSameAs(first);
                assertThat(found(policies, held("asked", null, null))[0]).isSameAs(first);
            }
        }
        for (int i = 0; i < 2 * MOST; i++) {
            found(policies, held("another-" + i, null, null));
        }
        assertThat(found(policies, allowed)[0]).isSameAs(found(policies, held("asked", null, null))[0]);
    }

    /** A request that was decided by an older record may come later. */
    @Test
    void theClientsOwnLimitIsThatOfTheRecord() {
        Policies policies = policies();
        Decision.Allowed older = held("c", 10, null);
        Decision.Allowed newer = held("c", 20, null);
        for (int i = 0; i < 2; i++) {
            assertThat(found(policies, older)[0].rule().quota()).isEqualTo(10);
            assertThat(found(policies, newer)[0].rule().quota()).isEqualTo(20);
        }
    }

    private Policies policies(String... lines) {
        Ids ids = new Ids("n");
        return new Policies(
                new Limits.Settings(
                        Arrays.stream(lines).map(LimitPolicy::parse).toList(),
                        LimitNode.ofClient(Duration.ofMinutes(1)),
                        Duration.ofSeconds(1),
                        MOST),
                new LimitMeters(meters, () -> 0, standing),
                new PolicyLimiters.Parts(
                        standing, ids, new LeasedLimiter.Leasing(new Questions(), ids, 1, limiter -> {})));
    }

    private static Limiter[] found(Policies policies, Decision.Allowed allowed) {
        return policies.limiters(allowed, () -> IpAddress.parse("192.0.2.2"));
    }

    /** As a process does that holds the client's record. */
    private static Decision.Allowed held(String id, @Nullable Integer rateLimit, @Nullable String limitPolicy) {
        Decision.Allowed allowed = LimitNode.client(id, rateLimit, limitPolicy);
        return new Decision.Allowed(allowed.client(), allowed.key(), false, new Held());
    }

    /** What holds one. */
    static final class Held implements Attachable {
        private volatile @Nullable Object attachment;

        @Override
        public @Nullable Object attachment() {
            return attachment;
        }

        @Override
        public void attach(Object found) {
            attachment = found;
        }
    }
}
