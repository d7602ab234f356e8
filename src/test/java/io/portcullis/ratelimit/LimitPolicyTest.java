package io.portcullis.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitPolicyTest {

    @Test
    void aLineIsAPolicy() {
        assertThat(LimitPolicy.parse(
                        "per-key by=key+ip limit=1000 window=1m mode=exact away=closed shadow=true only=named"))
                .isEqualTo(new LimitPolicy(
                        "per-key",
                        Set.of(Dimension.IP, Dimension.KEY),
                        new Rule.SlidingWindow(1000, Duration.ofMinutes(1)),
                        LimitMode.EXACT,
                        RedisAway.CLOSED,
                        true,
                        true));
        assertThat(LimitPolicy.parse("a by=tenant rate=600/m burst=50").rule()).isEqualTo(new Rule.TokenBucket(10, 50));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a by=ip limit=1 window=100ms",
                "a by=ip+tenant limit=5 window=1d mode=local shadow=true",
                "b by=client rate=1/d burst=1 only=named",
                "c by=key rate=0.5/s burst=3 mode=exact away=closed",
                "d by=key rate=7/m burst=3"
            })
    void whatIsWrittenCanBeReadAgain(String line) {
        LimitPolicy policy = LimitPolicy.parse(line);
        assertThat(LimitPolicy.parse(policy.toString())).isEqualTo(policy);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | begins with a name",
                "By=ip | begins with a name",
                "client by=ip limit=1 window=1s | the name client",
                "a limit=1 window=1s | says by what",
                "a by=ip | either limit and window",
                "a by=ip limit=1 | window is a time",
                "a by=ip window=1s | limit is a whole number",
                "a by=ip limit=0 window=1s | limit is a whole number",
                "a by=ip limit=1 window=1s rate=1/s | either limit and window",
                "a by=ip rate=1/s | burst is a whole number",
                "a by=ip rate=0/s burst=1 | rate is one a day",
                "a by=ip rate=1 burst=1 | rate is a number by time",
                "a by=ip limit=1 window=99ms | window is 100ms to 1d",
                "a by=ip limit=1 window=2d | window is 100ms to 1d",
                "a by=ip+ip limit=1 window=1s | says by ip twice",
                "a by=user limit=1 window=1s | by is one of ip, client, key, tenant, not 'user'",
                "a by=ip limit=1 limit=2 window=1s | says limit twice",
                "a by=ip limits=1 window=1s | has no field 'limits'",
                "a by=ip limit=1 window=1s mode=fast | mode is one of leased, exact, local, not 'fast'",
                "a by=ip limit=1 window=1s shadow=yes | shadow is true or false",
            })
    void whatIsNoPolicyIsToldSo(String line, String told) {
        assertThatThrownBy(() -> LimitPolicy.parse(line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(told);
    }

    @Test
    void aRuleStandsAlone() {
        assertThat(LimitPolicy.parseRule("rate=10/s burst=5")).isEqualTo(new Rule.TokenBucket(10, 5));
        assertThat(LimitPolicy.parseRule(LimitPolicy.write(new Rule.TokenBucket(1.0 / 3, 5))))
                .isEqualTo(new Rule.TokenBucket(1.0 / 3, 5));
        assertThatThrownBy(() -> LimitPolicy.parseRule("rate=10/s burst=5 mode=exact"))
                .hasMessageContaining("nothing else");
    }
}
