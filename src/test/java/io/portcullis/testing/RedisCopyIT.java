package io.portcullis.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RedisCopyIT {
    private static final String BYTES = "\0\r\n\u00ff$*";

    @Test
    void whatWasUnderThePrefixIsAsItWasAndTheRestIsLeftAlone() throws Exception {
        String mine = "copy" + UUID.randomUUID() + ":";
        String other = "other" + UUID.randomUUID() + ":";
        try (RawRedis redis = new RawRedis(TestServers.redisUrl())) {
            redis.command("SET", mine + "kept", BYTES);
            redis.command("SET", mine + "short", "a", "PX", "60000");
            redis.command("ZADD", mine + "set", "1", "member");
            for (int i = 0; i < 500; i++) {
                redis.command("SET", mine + i, "n");
            }
            redis.command("SET", other + "a", "before");
            RedisCopy copy = RedisCopy.take(redis, mine);
            assertThat(copy.size()).isEqualTo(503);

            redis.command("SET", mine + "kept", "changed");
            redis.command("DEL", mine + "short");
            redis.command("SET", mine + "later", "b");
            redis.command("SET", other + "a", "after");
            copy.restore(redis);

            assertThat(redis.command("GET", mine + "kept")).isEqualTo(BYTES);
            assertThat(redis.command("PTTL", mine + "kept")).isEqualTo("-1");
            assertThat(Long.parseLong(redis.command("PTTL", mine + "short"))).isBetween(50_000L, 60_000L);
            assertThat(redis.command("ZSCORE", mine + "set", "member")).isEqualTo("1");
            assertThat(redis.exists(mine + "later")).isFalse();
            assertThat(redis.keys(mine)).hasSize(503);
            assertThat(redis.command("GET", other + "a")).isEqualTo("after");

            RedisCopy.flush(redis, mine);

            assertThat(redis.keys(mine)).isEmpty();
            assertThat(redis.exists(other + "a")).isTrue();
            assertThatThrownBy(() -> redis.command("RESTORE", mine + "x", "0", "not a dump"))
                    .isInstanceOf(IOException.class);
            RedisCopy.flush(redis, other);
        }
    }
}
