package io.portcullis.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlatformTest {
    @Test
    void namesOfTheJdkAreKnown() throws Exception {
        assertThat(Platform.of("Linux", "amd64")).isEqualTo(Platform.LINUX_AMD64);
        assertThat(Platform.of("Linux", "aarch64")).isEqualTo(Platform.LINUX_ARM64);
        assertThat(Platform.of("Mac OS X", "aarch64")).isEqualTo(Platform.MAC_ARM64);
    }

    @Test
    void otherPlatformIsToldWhatExistsAndWhatToDoInstead() {
        assertThatThrownBy(() -> Platform.of("Windows 11", "amd64"))
                .isInstanceOf(EmbeddedException.class)
                .hasMessageContainingAll("Windows 11", "Linux on x86-64", "Linux on arm64", "macOS on arm64")
                .hasMessageContainingAll("postgres.url", "redis.url");
        assertThatThrownBy(() -> Platform.of("Mac OS X", "x86_64")).isInstanceOf(EmbeddedException.class);
        assertThatThrownBy(() -> Platform.of("Linux", "riscv64")).isInstanceOf(EmbeddedException.class);
    }

    @ParameterizedTest
    @EnumSource
    void bothServersOfEveryPlatformAreInTheBuild(Platform platform) {
        assertThat(getClass().getResource(platform.postgresResource())).isNotNull();
        assertThat(getClass().getResource(platform.redisResource())).isNotNull();
    }
}
