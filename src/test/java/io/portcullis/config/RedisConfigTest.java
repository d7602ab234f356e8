package io.portcullis.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sentinels, clusters and their certificates, as the environment names them. */
class RedisConfigTest {

    private static final String SENTINELS = "redis+sentinel://:p@s1,s2/0?master=m";

    private static GatewayConfig load(String... namesAndValues) {
        Map<String, String> environment = new HashMap<>();
        environment.put("DATABASE_URL", "postgresql://u@h/d");
        environment.put("PORTCULLIS_AUTH_PEPPER", "a-pepper-of-more-than-thirty-two-characters");
        environment.put("PORTCULLIS_MANAGEMENT_TOKEN", "a-token-of-sixteen-and-more");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            environment.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return ConfigLoader.load(null, environment).config();
    }

    private static void assertFault(String reason, String... namesAndValues) {
        assertThatThrownBy(() -> load(namesAndValues))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(reason)
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void passwordAndDatabaseReplaceThoseOfAUrlOfSeveralServers() {
        RedisUrl url = load("REDIS_URL", SENTINELS, "REDIS_PASSWORD", "other", "REDIS_DB", "4")
                .redis()
                .target();
        assertThat(url).isEqualTo(RedisUrl.parse("redis+sentinel://:other@s1,s2/4?master=m"));
    }

    @Test
    void theVariablesOfTheCacheAreRead() {
        GatewayConfig config = load("REDIS_URL", "redis://r", "REDIS_TTL", "600", "CACHE_ENABLED", "false");
        assertThat(config.redis().ttl()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.cache().enabled()).isFalse();
        GatewayConfig defaults = load("REDIS_URL", "redis://r");
        assertThat(defaults.redis().ttl()).isEqualTo(Duration.ofHours(1));
        assertThat(defaults.cache().enabled()).isTrue();
        assertThat(defaults.cache().compressAbove()).isEqualTo(ByteSize.parse("1KB"));
    }

    @Test
    void whatIsForSentinelsOnlyIsAFaultWithoutThem() {
        assertFault(
                "redis.url is no redis+sentinel://",
                "REDIS_URL",
                "redis://r",
                "PORTCULLIS_REDIS_SENTINEL_PASSWORD",
                "hunter2");
        assertFault(
                "redis.sentinel-password is not", "REDIS_URL", SENTINELS, "PORTCULLIS_REDIS_SENTINEL_USER", "somebody");
        assertThat(load("REDIS_URL", SENTINELS, "PORTCULLIS_REDIS_SENTINEL_PASSWORD", "own")
                        .redis()
                        .sentinelPassword())
                .isEqualTo(new Secret("own"));
    }

    @Test
    void aClusterHasOneDatabase() {
        assertFault("must be 0 in a cluster", "REDIS_URL", "redis+cluster://a,b", "REDIS_DB", "1");
    }

    @Test
    void anAuthorityIsAFileWithCertificatesThatIsUsed(@TempDir Path folder) throws IOException {
        Path empty = Files.writeString(folder.resolve("empty.pem"), "no certificate\n");
        String ca = "PORTCULLIS_REDIS_TLS_CA";
        assertFault("certificates in PEM form", "REDIS_URL", "rediss://r", ca, empty.toString());
        assertFault(
                "certificates in PEM form",
                "REDIS_URL",
                "rediss://r",
                ca,
                folder.resolve("none").toString());
        assertFault("redis.url is no rediss://", "REDIS_URL", "redis://r", ca, empty.toString());
        assertFault(
                "tls-verify is false",
                "REDIS_URL",
                "rediss://r",
                ca,
                empty.toString(),
                "PORTCULLIS_REDIS_TLS_VERIFY",
                "false");
    }
}
