package io.portcullis.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The single types: what they read, what they refuse, what they show. */
class ValuesTest {

    @ParameterizedTest
    @CsvSource({
        "500ms,500",
        "300s,300000",
        "5m,300000",
        "300,300000",
        "1h30m,5400000",
        "0,0",
        "0s,0",
        "7d,604800000",
        "1m500ms,60500"
    })
    void durationsAreReadAndWrittenBack(String text, long millis) {
        Duration duration = Durations.parse(text);

        assertThat(duration).isEqualTo(Duration.ofMillis(millis));
        assertThat(Durations.parse(Durations.format(duration))).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "1 s", "1.5s", "5M", "1s1m", "PT5M", "9999999999s", "٣s"})
    void whatIsNoDurationIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Durations.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "0,0,0",
        "512,512,512",
        "512B,512,512",
        "16KB,16384,16KB",
        "16kb,16384,16KB",
        "1024KB,1048576,1MB",
        "2GB,2147483648,2GB"
    })
    void sizesAreReadAndWrittenBack(String text, long bytes, String written) {
        assertThat(ByteSize.parse(text)).isEqualTo(new ByteSize(bytes)).hasToString(written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "KB", "-1", "1 KB", "1.5MB", "1TB", "9999999999"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ByteSize.parse(text));
    }

    @Test
    void aPostgresUrlIsDecodedAndShownWithoutItsPassword() {
        PostgresUrl url =
                PostgresUrl.parse("postgres://us%65r:p%2F%40%C3%A9@[2001:db8::1]:6432/d%20b?sslmode=verify-full");

        assertThat(url)
                .isEqualTo(
                        new PostgresUrl("2001:db8::1", 6432, "d b", "user", new Secret("p/@é"), SslMode.VERIFY_FULL));
        assertThat(url).hasToString("postgresql://user:***@[2001:db8::1]:6432/d%20b?sslmode=verify-full");
        assertThat(url.jdbcUrl()).isEqualTo("jdbc:postgresql://[2001:db8::1]:6432/d%20b?sslmode=verify-full");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    db/gw                            | must begin with postgresql:// or postgres://
                    jdbc:postgresql://db/gw          | must begin with postgresql:// or postgres://
                    postgresql://hunter2@/gw         | names no host
                    postgresql://db/gw               | names no user
                    postgresql://u:hunter2@db        | names no database
                    postgresql://u:hunter2@a,b/gw    | names more than one host
                    postgresql://u:hunter2@db:x/gw   | malformed port
                    postgresql://u:hunter2@db:0/gw   | port that is not between 1 and 65535
                    postgresql://u:hunter2@db:99999/gw | port that is not between 1 and 65535
                    postgresql://u:hunter2/x@db/gw   | malformed port
                    postgresql://u:hunter2%zz@db/gw  | a % that is not followed
                    postgresql://u:hunter2%@db/gw    | a % that is not followed
                    postgresql://u:hunter2%ff@db/gw  | not UTF-8
                    postgresql://u:hunter2%00@db/gw  | %00
                    postgresql://u:hunter2#x@db/gw   | #
                    postgresql://u:hunter2 x@db/gw   | blank
                    postgresql://u@d!b/gw            | malformed host
                    postgresql://u@[::1/gw           | malformed
                    postgresql://u@db/gw?ssl=true    | unknown parameter
                    postgresql://u@db/gw?sslmode=on  | sslmode must be
                    postgresql://u@db/gw?sslmode=disable&sslmode=require | parameter twice
                    postgresql://u@db/gw?sslmode     | without a value
                    """)
    void aPostgresUrlThatIsWrongIsRefusedWithoutQuotingIt(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresUrl.parse(text))
                .withMessageContaining(reason)
                .withMessageNotContaining("hunter2");
    }

    @Test
    void aRedisUrlIsDecodedAndShownWithoutItsPassword() {
        assertThat(RedisUrl.parse("redis://h")).isEqualTo(new RedisUrl("h", 6379, null, null, 0, false));
        assertThat(RedisUrl.parse("redis://h/")).isEqualTo(new RedisUrl("h", 6379, null, null, 0, false));
        RedisUrl url = RedisUrl.parse("rediss://u:p%3A@h_1:7000/3");
        assertThat(url).isEqualTo(new RedisUrl("h_1", 7000, "u", new Secret("p:"), 3, true));
        assertThat(url).hasToString("rediss://u:***@h_1:7000/3");
    }

    @Test
    void severalServersAreNamedByTheSchemeAndShownAsTheyWereWritten() {
        RedisUrl sentinels = RedisUrl.parse("redis+sentinel://u:p@s1,s2:7000,[::1]/2?master=my%20one");
        assertThat(sentinels.mode()).isEqualTo(RedisUrl.Mode.SENTINEL);
        assertThat(sentinels.nodes())
                .containsExactly(
                        new RedisUrl.Node("s1", 26379), new RedisUrl.Node("s2", 7000), new RedisUrl.Node("::1", 26379));
        assertThat(sentinels.master()).isEqualTo("my one");
        assertThat(sentinels.db()).isEqualTo(2);
        assertThat(sentinels).hasToString("redis+sentinel://u:***@s1:26379,s2:7000,[::1]:26379/2?master=my%20one");
        RedisUrl cluster = RedisUrl.parse("rediss+cluster://:p@n1,n2:7000");
        assertThat(cluster.mode()).isEqualTo(RedisUrl.Mode.CLUSTER);
        assertThat(cluster.tls()).isTrue();
        assertThat(cluster).hasToString("rediss+cluster://:***@n1:6379,n2:7000");
        assertThat(RedisUrl.parse("redis+cluster://n1/0").db()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "'redis://a,b',redis+sentinel:// and redis+cluster://",
        "'redis+sentinel://a,b',master's name",
        "redis+sentinel://a?master=,master's name",
        "redis+sentinel://a?master=m&db=1,no parameter but ?master=name",
        "redis+cluster://a?master=m,no parameters",
        "redis+cluster://a/1,none but 0",
        "'redis+cluster://a,',names no host",
        "'redis+cluster://a,a:6379',twice",
        "redis+cluster://a:0,port",
        "redis+clusters://a,must begin with"
    })
    void aUrlOfSeveralServersThatIsWrongIsRefused(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RedisUrl.parse(text))
                .withMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "h:6379",
                "http://h",
                "redis://",
                "redis://h/x",
                "redis://h/-1",
                "redis://h?db=1",
                "redis://u@h",
                "redis://h:"
            })
    void aRedisUrlThatIsWrongIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> RedisUrl.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0.0.0.0/0", "::/0", "10.0.0.0/8", "192.0.2.1", "192.0.2.1/32", "2001:db8::/32", "::1", "::1/128"
            })
    void networksAreAccepted(String text) {
        assertThat(Cidrs.fault(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1/8,the network is 10.0.0.0/8",
        "192.0.2.129/25,the network is 192.0.2.128/25",
        "2001:db8::1/32,the network is 2001:db8:0:0:0:0:0:0/32",
        "10.0.0.0/33,between 0 and 32",
        "::/129,between 0 and 128",
        "10.0.0.0/,between 0 and 32",
        "10.0.0.0/08,between 0 and 32",
        "10.0.0.0/-1,between 0 and 32",
        "10.0.0,expected networks",
        "010.0.0.0/8,expected networks",
        "256.0.0.0,expected networks",
        "1,expected networks",
        "localhost,expected networks",
        "fe80::1%eth0,expected networks",
        "1::2::3,expected networks",
        "::ffff:10.0.0.1,write 10.0.0.1",
        "/8,expected networks"
    })
    void whatIsNoNetworkIsRefused(String text, String reason) {
        assertThat(Cidrs.fault(text)).contains(reason);
    }

    @Test
    void aSecretIsShownToNobodyAndEqualByText() {
        Secret secret = new Secret("hunter2");

        assertThat(secret).hasToString("***").isEqualTo(new Secret("hunter2")).isNotEqualTo(new Secret("hunter3"));
        assertThat(secret).hasSameHashCodeAs(new Secret("hunter2"));
        assertThat(new Secret("é𝄞").length()).isEqualTo(2);
    }

    @Test
    void theNearestNameIsTheOneWithTheFewestTypingErrors() {
        List<String> known = List.of("server.port", "server.host", "redis.url");

        assertThat(Nearest.to("server.prot", known)).isEqualTo("server.port");
        assertThat(Nearest.to("SERVER.PORT", known)).isEqualTo("server.port");
        assertThat(Nearest.to("cache.url", known)).isEqualTo("redis.url");
        assertThat(Nearest.to("nothing.alike", known)).isNull();
        assertThat(Nearest.to("x".repeat(10_000), known)).isNull();
        assertThat(Nearest.errors("ab", "ba")).isEqualTo(1);
        assertThat(Nearest.errors("", "abc")).isEqualTo(3);
    }

    @Test
    void aRecordSaysAllThatIsWrongWithIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FreshnessConfig(Duration.ZERO, Duration.ofDays(2), Duration.ofDays(1), 10_000))
                .withMessage(
                        "freshness.lease must be between 500ms and 5m; freshness.grace must be between 0s and 24h");
    }
}
