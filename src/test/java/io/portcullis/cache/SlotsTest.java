package io.portcullis.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlotsTest {

    /** From the Redis Cluster specification, and CLUSTER KEYSLOT of Redis 7.0.15. */
    @ParameterizedTest
    @CsvSource({"123456789, 12739", "foo, 12182", "foo{}{bar}, 8363", "'', 0"})
    void aKeyIsInTheSlotThatRedisPutsItIn(String key, int slot) {
        assertThat(Slots.of(bytes(key))).isEqualTo(slot);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{foo}", "a{foo}b", "{foo}{bar}", "x}{foo}", "{foo}}"})
    void whatStandsBetweenTheFirstBracesDecides(String key) {
        assertThat(Slots.of(bytes(key))).isEqualTo(Slots.of(bytes("foo")));
    }

    @Test
    void anEmptyPairOfBracesDoesNot() {
        assertThat(Slots.of(bytes("{}foo"))).isNotEqualTo(Slots.of(bytes("foo")));
    }

    @Test
    void aRedirectIsReadOrLeft() {
        assertThat(Redirect.read("MOVED 3999 127.0.0.1:6381")).isEqualTo(new Redirect(false, 3999, "127.0.0.1", 6381));
        assertThat(Redirect.read("ASK 1 ::1:6381")).isEqualTo(new Redirect(true, 1, "::1", 6381));
        Redirect sameHost = Objects.requireNonNull(Redirect.read("MOVED 1 :6381"));
        assertThat(sameHost.target(new ServerAddress("h", 1))).isEqualTo(new ServerAddress("h", 6381));
        assertThat(Redirect.read("MOVED 16384 h:1")).isNull();
        assertThat(Redirect.read("MOVED 1 ?:6381")).isNull();
        assertThat(Redirect.read("MOVED 1 h:0")).isNull();
        assertThat(Redirect.read("MOVED")).isNull();
    }

    private static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }
}
