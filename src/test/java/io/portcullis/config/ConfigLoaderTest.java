package io.portcullis.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.auth.CredentialScheme;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigLoaderTest {
    private static final String PEPPER = "pepper-pepper-pepper-pepper-pepper-pepper";
    private static final String TOKEN = "token-token-token";
    private static final Map<String, String> SERVERS = Map.of(
            "PORTCULLIS_POSTGRES_URL",
            "postgresql://gw:s3cret@db/gw",
            "PORTCULLIS_REDIS_URL",
            "redis://:s3cret@cache",
            "PORTCULLIS_AUTH_PEPPER",
            PEPPER,
            "PORTCULLIS_MANAGEMENT_TOKEN",
            TOKEN);

    @TempDir
    Path folder;

    @Test
    void aCacheVerticleWithoutAConnectionIsAFault() {
        assertThatThrownBy(() -> ConfigLoader.load(null, Map.of("PORTCULLIS_DEPLOYMENT_CACHE_INSTANCES", "10")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("deployment.cache.instances")
                .hasMessageContaining("redis.pool-size");
    }

    @Test
    void withoutFileAndEnvironmentTheDefaultsServe() {
        LoadedConfig loaded = ConfigLoader.load(null, Map.of());

        assertThat(loaded.config().usesEmbedded()).isTrue();
        assertThat(loaded.config().server().requestTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(loaded.config().deployment().ingress().on(7)).isEqualTo(7);
        assertThat(loaded.settings()).extracting(Setting::source).containsOnly("default");
    }

    @Test
    void theEnvironmentOverridesTheFileAndOurNamesOverrideTheOthers() {
        Path file = file("cache:\n  ttl: 10s\n  near-size: 1GB\nredis: {prefix: 'file:'}\n");

        LoadedConfig loaded = ConfigLoader.load(
                file,
                Map.of(
                        "CLIENT_REGISTRY_CACHE_TTL", "20",
                        "PORTCULLIS_CACHE_TTL", "1h30m",
                        "REDIS_PREFIX", "env:"));

        assertThat(loaded.config().cache().ttl()).isEqualTo(Duration.ofMinutes(90));
        assertThat(loaded.config().cache().nearSize()).isEqualTo(new ByteSize(1L << 30));
        assertThat(loaded.config().redis().prefix()).isEqualTo("env:");
        assertThat(source(loaded, "cache.ttl")).isEqualTo("PORTCULLIS_CACHE_TTL");
        assertThat(source(loaded, "cache.near-size")).isEqualTo(file + ":3:14");
    }

    @Test
    void theUserServicesTimeoutIsInMillisecondsWhereDeploymentsWroteItSo() {
        assertThat(userTimeout("USER_SERVICE_TIMEOUT", "5000")).isEqualTo(Duration.ofSeconds(5));
        assertThat(userTimeout("USER_SERVICE_TIMEOUT", " 250 ")).isEqualTo(Duration.ofMillis(250));
        assertThat(userTimeout("USER_SERVICE_TIMEOUT", "2s")).isEqualTo(Duration.ofSeconds(2));
        assertThat(userTimeout("PORTCULLIS_USER_SERVICE_TIMEOUT", "7")).isEqualTo(Duration.ofSeconds(7));
        assertThat(ConfigLoader.load(null, Map.of("CACHE_USER_TTL", "60", "CACHE_SELLER_TTL", "70"))
                        .config()
                        .cache())
                .extracting(CacheConfig::userTtl, CacheConfig::ttl)
                .containsExactly(Duration.ofMinutes(1), Duration.ofSeconds(70));
    }

    private static Duration userTimeout(String variable, String value) {
        return ConfigLoader.load(null, Map.of(variable, value))
                .config()
                .userService()
                .timeout();
    }

    @Test
    void whoAsksForUsersHasOneOfTheLinks() {
        String url = "http://localhost:3003/api/v1";
        assertThat(links(Map.of())).isEqualTo(8);
        assertThat(links(Map.of("USER_SERVICE_URL", url))).isEqualTo(7);
        assertThat(links(Map.of("USER_SERVICE_URL", url, "CACHE_ENABLED", "false")))
                .isEqualTo(8);
        assertThat(links(Map.of("USER_SERVICE_URL", url, "PORTCULLIS_DEPLOYMENT_MANAGEMENT_INSTANCES", "0")))
                .isEqualTo(8);
        assertThat(links(Map.of(
                        "USER_SERVICE_URL",
                        url,
                        "PORTCULLIS_DEPLOYMENT_MANAGEMENT_INSTANCES",
                        "0",
                        "PORTCULLIS_AUTH_OWNER_CHECK",
                        "cached")))
                .isEqualTo(7);
    }

    private static int links(Map<String, String> environment) {
        return ConfigLoader.load(null, environment).config().linksForCache();
    }

    @Test
    void scalarsAreReadByTheTypeOfTheirKeyAndNothingMeansTheDefault() {
        Path file = file("""
                server: {port: "8081", host: null, idle-timeout: 300}
                management:
                auth:
                  trusted-proxies: [10.0.0.0/8, "2001:db8::/32", 192.0.2.1]
                  schemes: [basic, bearer]
                deployment: {ingress: {instances: 3}}
                """);

        GatewayConfig config = ConfigLoader.load(file, Map.of()).config();

        assertThat(config.server().port()).isEqualTo(8081);
        assertThat(config.server().host()).isEqualTo("0.0.0.0");
        assertThat(config.server().idleTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(config.management().port()).isEqualTo(9091);
        assertThat(config.auth().trustedProxies()).containsExactly("10.0.0.0/8", "2001:db8::/32", "192.0.2.1");
        assertThat(config.auth().schemes()).containsExactly(CredentialScheme.BEARER, CredentialScheme.BASIC);
        assertThat(config.deployment().ingress().on(7)).isEqualTo(3);
    }

    @Test
    void listsComeFromTheEnvironmentWithCommas() {
        assertThat(trusted("10.0.0.0/8, ::1")).containsExactly("10.0.0.0/8", "::1");
        assertThat(trusted("[10.0.0.0/8,::1]")).containsExactly("10.0.0.0/8", "::1");
        assertThat(trusted("[]")).isEmpty();
        assertThat(trusted("[unix, 10.0.0.0/8]")).containsExactly("unix", "10.0.0.0/8");
    }

    @Test
    void emptyFilesAndSectionsAreDefaults() {
        for (String text :
                List.of("", "\n", "# nothing\n", "---\n", "server:\n", "server: ~\nauth: null\n", "\ufeffserver:\n")) {
            assertThat(ConfigLoader.load(file(text), Map.of()).config())
                    .as(text)
                    .isEqualTo(ConfigLoader.load(null, Map.of()).config());
        }
    }

    static Stream<Arguments> badFiles() {
        return Stream.of(
                bad("server:\n  prot: 1\n", ":2:3: server.prot: unknown key; did you mean server.port?"),
                bad("servr:\n  port: 1\n", ":1:1: servr: unknown key; did you mean server?"),
                bad(
                        "server: {requestTimeout: 1}",
                        ":1:10: server.requestTimeout: unknown key; did you mean server.request-timeout?"),
                bad("token: x", ":1:1: token: unknown key; did you mean management.token?"),
                bad("zzzzzzzzzzzzz: x", ":1:1: zzzzzzzzzzzzz: unknown key"),
                bad(
                        "server.port: 1",
                        ":1:1: server.port: expected one section a line, indented, not names joined by dots"),
                bad("server: {port: 1, port: 2}", ":1:19: server.port: is given twice, first at FILE:1:10"),
                bad("server: {port: 1}\nserver: {}", ":2:1: server: is given twice, first at FILE:1:1"),
                bad("server: 8080", ":1:9: server: expected a section with tls, host, port, "),
                bad(
                        "deployment: [1]",
                        ":1:13: deployment: expected a section with ingress, cache, store, invalidation, management"),
                bad("- server", ":1:1: expected a section with server, management, "),
                bad("hello", ":1:1: expected a section with server, "),
                bad("server: {port: [1]}", ":1:16: server.port: expected a single value, 0 to 65535"),
                bad("server: {port: {a: 1}}", ":1:16: server.port: expected a single value"),
                bad("server: {? [a] : 1}", ":1:12: server: expected a plain name as key"),
                bad("server: {port: !foo 1}", ":1:16: server.port: expected a single value"),
                bad("server: {port: eighty}", ":1:16: server.port = eighty: expected a whole number"),
                bad("server: {port: 08080}", ":1:16: server.port = 08080: expected a whole number"),
                bad("server: {port: 99999}", ":1:16: server.port = 99999: must be between 0 (a free one) and 65535"),
                bad("server: {port: -1}", ":1:16: server.port = -1: must be between 0"),
                bad("server: {host: 'a b'}", ":1:16: server.host = a b: must be a host name or an address"),
                bad(
                        "server: {request-timeout: soon}",
                        ":1:27: server.request-timeout = soon: expected a duration such as"),
                bad(
                        "server: {request-timeout: 1ms}",
                        ":1:27: server.request-timeout = 1ms: must be between 10ms and 1m"),
                bad(
                        "server: {idle-timeout: 1}",
                        ":1:24: server.idle-timeout = 1s: must not be shorter than server.request-timeout"
                                + " (server.request-timeout is 2s by default)"),
                bad("server: {max-head-size: 1TB}", ":1:25: server.max-head-size = 1TB: expected a size such as"),
                bad("redis: {tls-verify: yes}", ":1:21: redis.tls-verify = yes: expected true or false"),
                bad("redis: {prefix: 'a*'}", ":1:17: redis.prefix = a*: must be at most 64"),
                bad("redis: {db: 1}", ":1:13: redis.db = 1: is set, but redis.url is not"),
                bad("redis: {password: hunter2}", ":1:19: redis.password = ***: is set, but redis.url is not"),
                bad(
                        "postgres: {pool-size: 2}",
                        ":1:23: postgres.pool-min = 5 by default: must not exceed postgres.pool-size"
                                + " (postgres.pool-size is 2)"),
                bad(
                        "postgres: {url: 'mysql://u:hunter2@h/d'}",
                        ":1:17: postgres.url = ***: the URL must begin with postgresql:// or postgres://"),
                bad(
                        "postgres: {url: 'postgresql://u:hunter2@h/d'}",
                        ":1:17: redis.url: is missing, but postgres.url is set"),
                bad("redis: {url: 'redis://h'}", ":1:14: postgres.url: is missing, but redis.url is set"),
                bad("cache: {unknown-ttl: 2s}", ":1:22: cache.unknown-ttl = 2s: must be between 0s and 1s"),
                bad("auth: {pepper: hunter2}", ":1:16: auth.pepper = ***: must have at least 32 characters"),
                bad("management: {token: hunter2}", ":1:21: management.token = ***: must be at least 16"),
                bad("management: {token: 'hunter2 '}", ":1:21: management.token = ***: begins or ends with a blank"),
                bad("management: {token: ''}", ":1:21: management.token = ***: must not be empty"),
                bad("management: {port: 8080}", ":1:20: management.port = 8080: is taken by server.port already"),
                bad(
                        "auth: {trusted-proxies: 10.0.0.0/8}",
                        ":1:25: auth.trusted-proxies = 10.0.0.0/8: expected a list of networks"),
                bad(
                        "auth: {trusted-proxies: [[10.0.0.0/8]]}",
                        ":1:26: auth.trusted-proxies: expected single values in the list"),
                bad(
                        "auth: {trusted-proxies: [10.0.0.1/8]}",
                        ": 10.0.0.1/8: has bits set beyond its prefix; the network is 10.0.0.0/8"),
                bad("auth: {trusted-proxies: [localhost]}", ": localhost: expected networks such as"),
                bad("auth: {forwarded-header: both}", "expected x-forwarded-for or forwarded"),
                bad("auth: {proxy-cache: 500ms}", "auth.proxy-cache = 500ms: must be 0s or 1s"),
                bad("auth: {proxy-cache: 2s}", "auth.proxy-cache = 2s: must be 0s or 1s"),
                bad("auth: {schemes: [digest]}", ":1:17: auth.schemes = digest: expected any of api-key"),
                bad("auth: {schemes: [basic, basic]}", ":1:17: auth.schemes = basic, basic: names basic twice"),
                bad("auth: {slow-hash: {threads: 0}}", ":1:29: auth.slow-hash.threads = 0: must be between 1 and 64"),
                bad(
                        "server: {tls: {key: k.pem}}",
                        "server.tls.certificate: is missing, but server.tls.key is set: set both, or neither"),
                bad(
                        "server: {tls: {certificate: c.pem}}",
                        "server.tls.key: is missing, but server.tls.certificate is set: set both, or neither"),
                bad(
                        "server: {tls: {client-ca: ca.pem, client-auth: required}}",
                        "server.tls.client-ca = ca.pem: is set, but server.tls.certificate is not"),
                bad(
                        "server: {tls: {certificate: c, key: k, client-auth: request}}",
                        "server.tls.client-ca: is missing, but server.tls.client-auth asks for certificates"),
                bad(
                        "server: {tls: {certificate: c, key: k, client-ca: ca}}",
                        "is none, but server.tls.client-ca is set: use request or required"),
                bad("server: {tls: {client-auth: maybe}}", "expected none, request or required"),
                bad("server: {tls: {client-identity: cn}}", "expected fingerprint or san"),
                bad("server: {unix-socket-mode: 0888}", "must be three octal digits, as 660"),
                bad("auth: {schemes: []}", ":1:17: auth.schemes = : must name at least one scheme"),
                bad(
                        "deployment: {ingress: {instances: many}}",
                        ":1:35: deployment.ingress.instances = many: expected auto"),
                bad(
                        "deployment: {ingress: {instance: 1}}",
                        ":1:24: deployment.ingress.instance: unknown key; did you mean deployment.ingress.instances?"),
                bad(
                        "deployment: {cache: {instances: 0}}",
                        ":1:33: deployment.cache.instances = 0: must not be 0 where deployment.ingress.instances"),
                bad(
                        "deployment: {store: {instances: 0}}",
                        ":1:33: deployment.store.instances = 0: must not be 0 where"),
                bad(
                        "deployment: {invalidation: {instances: 0}}",
                        ":1:40: deployment.invalidation.instances = 0: must not be 0 where"),
                bad(
                        "deployment: {invalidation: {instances: 2}}",
                        ":1:40: deployment.invalidation.instances = 2: must be 0 or 1"),
                bad(
                        "deployment: {management: {instances: 2}}",
                        ":1:38: deployment.management.instances = 2: must be 0 or 1"),
                bad(
                        "deployment: {management: {instances: auto}}",
                        ":1:38: deployment.management.instances = auto: must be 0 or 1"),
                bad(
                        "deployment: {ingress: {instances: 0}, cache: {instances: 0}, store: {instances: 0}, invalidation: {instances: 0}, management: {instances: 0}}",
                        "this process would do nothing"),
                bad("server:\n\tport: 1\n", ":2:1: is not YAML: indent with blanks, not with tabs"),
                bad("server: {port: 1", "is not YAML"),
                bad("redis: {password: *hunter2}", "is not YAML: a text that begins with * or & must stand in quotes"),
                bad(
                        "redis: {password: !hunter2!x y}",
                        "is not YAML: a text that begins with ! or % must stand in quotes"),
                bad("redis: {password: \"\\Qhunter2\"}", "is not YAML"),
                bad("a: 1\n---\nb: 2\n", "is not YAML"),
                bad("server: &a {port: *a}", ":1:9: server.port: expected a single value"),
                bad("[".repeat(50_000), ":1:17: is nested too deep"),
                bad(
                        "auth: {trusted-proxies: [\"a\\n\\e[2Jb\"]}",
                        "auth.trusted-proxies = a\ufffd\ufffd[2Jb: a\ufffd\ufffd[2Jb: expected networks"),
                bad("#".repeat(300_000), "is larger than 256 KB"));
    }

    @ParameterizedTest
    @MethodSource("badFiles")
    void aBadFileIsRefusedWithPlaceAndReason(String text, String fault) {
        Path file = file(text);

        ConfigException refused = refused(file, Map.of());

        assertThat(refused.getMessage()).startsWith(file.toString()).contains(fault.replace("FILE", file.toString()));
        assertThat(refused.getMessage()).doesNotContain("hunter2");
    }

    static Stream<Arguments> badEnvironments() {
        return Stream.of(
                bad(
                        "PORTCULLIS_SERVER_PROT=1",
                        "PORTCULLIS_SERVER_PROT: unknown variable; did you mean PORTCULLIS_SERVER_PORT?"),
                bad("PORTCULLIS_SERVER_PORT=x", "PORTCULLIS_SERVER_PORT: server.port = x: expected a whole number"),
                bad(
                        "PORTCULLIS_AUTH_PEPPER=hunter2",
                        "PORTCULLIS_AUTH_PEPPER: auth.pepper = ***: must have at least 32 characters"),
                bad(
                        "PORTCULLIS_AUTH_TRUSTED_PROXIES=1.2.3.4,",
                        "PORTCULLIS_AUTH_TRUSTED_PROXIES: auth.trusted-proxies"),
                bad(
                        "CLIENT_REGISTRY_CACHE_TTL=soon",
                        "CLIENT_REGISTRY_CACHE_TTL: cache.ttl = soon: expected a duration"),
                bad(
                        "PORTCULLIS_AUTH_OWNER_CHECK=strict",
                        "PORTCULLIS_AUTH_OWNER_CHECK: auth.owner-check = strict: needs the User Service: user-service.url is missing"),
                bad(
                        "PORTCULLIS_AUTH_OWNER_CHECK=maybe",
                        "PORTCULLIS_AUTH_OWNER_CHECK: auth.owner-check = maybe: expected off, cached or strict"),
                bad("USER_SERVICE_URL=localhost", "USER_SERVICE_URL: user-service.url = localhost: must be an http"),
                bad(
                        "DATABASE_URL=mysql://hunter2@x/y",
                        "DATABASE_URL: postgres.url = ***: the URL must begin with postgresql://"),
                bad("DATABASE_URL=postgresql://a/b POSTGRES_E_HOST=h", "DATABASE_URL: postgres.url"),
                bad(
                        "DATABASE_URL=postgresql://u@a/b DB_HOST=h",
                        "DATABASE_URL: postgres.url: DATABASE_URL and DB_HOST name different servers"),
                bad("DB_HOST=h DB_PORT=x", "DB_PORT: postgres.url = x: expected a port"),
                bad("DB_HOST=h DB_SSL_MODE=x", "DB_SSL_MODE: postgres.url: sslmode must be disable"),
                bad("DB_PASSWORD=hunter2", "DB_PASSWORD: postgres.url: means nothing without DB_HOST"),
                bad("POSTGRES_E_DB=x", "POSTGRES_E_DB: postgres.url: means nothing without POSTGRES_E_HOST"),
                bad("REDIS_PORT=6379", "REDIS_PORT: redis.url: means nothing without REDIS_HOST"),
                bad(
                        "REDIS_URL=redis://a REDIS_HOST=b",
                        "REDIS_URL: redis.url: REDIS_URL and REDIS_HOST name different servers"),
                bad("REDIS_ADDR=a:b", "REDIS_ADDR: redis.url = ***: the URL has a malformed port"),
                bad("REDIS_PASSWORD=hunter2", "REDIS_PASSWORD: redis.password = ***: is set, but redis.url is not"),
                bad("REDIS_POOL_SIZE=0", "REDIS_POOL_SIZE: redis.pool-size = 0: must be between 2 and 1000"));
    }

    @ParameterizedTest
    @MethodSource("badEnvironments")
    void aBadEnvironmentIsRefusedWithVariableAndReason(String variables, String fault) {
        Map<String, String> environment = Stream.of(variables.split(" "))
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(p -> p[0], p -> p[1]));

        ConfigException refused = refused(null, environment);

        assertThat(refused.getMessage()).contains(fault).doesNotContain("hunter2");
    }

    @Test
    void allFaultsOfAllSourcesAreListedAtOnce() {
        Path file = file("""
                server: {prot: 1, idle-timeout: 0s}
                postgres: {pool-size: x, pool-min: 900, queue-size: 0}
                freshness: {lease: 1ms}
                redis: {url: 'redis://h'}
                """);

        ConfigException refused = refused(file, Map.of("PORTCULLIS_SERVER_PORT", "x", "PORTCULLIS_NO", "1"));

        assertThat(refused.faults())
                .extracting(Fault::path)
                .containsExactlyInAnyOrder(
                        "server.prot",
                        "server.idle-timeout",
                        "postgres.pool-size",
                        "postgres.queue-size",
                        "freshness.lease",
                        "server.port",
                        null,
                        "postgres.url",
                        "auth.pepper",
                        "management.token");
    }

    @Test
    void whatCannotBeReadIsSaidPlainly() throws IOException {
        Path latin = Files.write(
                folder.resolve("latin.yaml"), "server:\n  host: caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(refused(folder, Map.of())).hasMessage(folder + ": is a directory, not a file");
        assertThat(refused(folder.resolve("none"), Map.of())).hasMessageEndingWith("none: there is no such file");
        assertThat(refused(latin, Map.of())).hasMessage(latin + ":2: is not UTF-8");
        Path secret = file("server:\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
        if (!Files.isReadable(secret)) { // root reads everything
            assertThat(refused(secret, Map.of())).hasMessageEndingWith("may not be read by this user");
        }
    }

    @Test
    void ownServersRequirePepperAndToken() {
        Map<String, String> urls = Map.of("DATABASE_URL", "postgresql://gw@db/gw", "REDIS_URL", "redis://cache");

        assertThat(refused(null, urls).faults())
                .extracting(Fault::path)
                .containsExactly("auth.pepper", "management.token");
        assertThat(ConfigLoader.load(null, SERVERS).config().usesEmbedded()).isFalse();
    }

    @Test
    void serversAreComposedFromTheNamesThatDeploymentsUse() {
        PostgresUrl fromParts = postgres(Map.of("POSTGRES_E_HOST", "db", "POSTGRES_E_PASSWORD", "p@ss/1"));
        assertThat(fromParts)
                .isEqualTo(new PostgresUrl(
                        "db", 5432, "uois_gateway", "uois_gateway", new Secret("p@ss/1"), SslMode.PREFER));
        assertThat(postgres(Map.of(
                        "DB_HOST", "db", "DB_PORT", "5433", "DB_USER", "u", "DB_NAME", "n", "DB_SSL_MODE", "require")))
                .isEqualTo(new PostgresUrl("db", 5433, "n", "u", null, SslMode.REQUIRE));
        assertThat(postgres(Map.of(
                        "DATABASE_URL",
                        "postgres://u:p%40@db/n",
                        "DB_HOST",
                        "db",
                        "DB_USER",
                        "u",
                        "DB_NAME",
                        "n",
                        "DB_PASSWORD",
                        "p@")))
                .as("two families that agree")
                .isEqualTo(new PostgresUrl("db", 5432, "n", "u", new Secret("p@"), SslMode.PREFER));
        assertThat(postgres(Map.of(
                                "DATABASE_URL",
                                "postgres://u@a/n",
                                "DB_HOST",
                                "b",
                                "PORTCULLIS_POSTGRES_URL",
                                "postgres://u@c/n"))
                        .host())
                .as("our own name decides")
                .isEqualTo("c");
        assertThat(redis(Map.of("REDIS_HOST", "r", "REDIS_PORT", "7000", "REDIS_PASSWORD", "p", "REDIS_DB", "3")))
                .isEqualTo(new RedisUrl("r", 7000, null, new Secret("p"), 3, false));
        assertThat(redis(Map.of("REDIS_ADDR", "[::1]:7000")))
                .isEqualTo(new RedisUrl("::1", 7000, null, null, 0, false));
        assertThat(redis(Map.of("REDIS_URL", "rediss://u:x@r/4", "REDIS_PASSWORD", "p")))
                .isEqualTo(new RedisUrl("r", 6379, "u", new Secret("p"), 4, true));
    }

    @Test
    void whatKubernetesInjectsForServicesIsNotOurs() {
        Map<String, String> injected = Map.of(
                "PORTCULLIS_SERVICE_HOST", "10.0.0.1",
                "PORTCULLIS_SERVICE_PORT", "8080",
                "PORTCULLIS_SERVICE_PORT_HTTP", "8080",
                "PORTCULLIS_PORT", "tcp://10.0.0.1:8080",
                "PORTCULLIS_PORT_8080_TCP_ADDR", "10.0.0.1",
                "PORTCULLIS_MANAGEMENT_PORT", "tcp://10.0.0.2:9091",
                "REDIS_PORT", "tcp://10.0.0.3:6379",
                "DB_PORT", "tcp://10.0.0.4:5432",
                "DB_PORT_5432_TCP", "tcp://10.0.0.4:5432");

        assertThat(ConfigLoader.load(null, injected).config())
                .isEqualTo(ConfigLoader.load(null, Map.of()).config());
    }

    @Test
    void emptyVariablesCountAsNotSet() {
        assertThat(ConfigLoader.load(null, Map.of("DB_HOST", "", "REDIS_URL", " ", "PORTCULLIS_SERVER_PORT", ""))
                        .config())
                .isEqualTo(ConfigLoader.load(null, Map.of()).config());
    }

    @Test
    void noRenderingShowsASecret() {
        LoadedConfig loaded = ConfigLoader.load(null, SERVERS);

        for (String text : List.of(loaded.render(), loaded.toString())) {
            assertThat(text).doesNotContain("s3cret", PEPPER, TOKEN);
        }
        assertThat(loaded.render())
                .contains("  url: \"postgresql://gw:***@db:5432/gw?sslmode=prefer\"  # PORTCULLIS_POSTGRES_URL\n")
                .contains("  pepper: \"***\"  # PORTCULLIS_AUTH_PEPPER\n");
    }

    @Test
    void theRenderingLoadsToTheSameConfiguration() {
        Path file =
                file("server: {host: '::1', port: 1}\nredis: {prefix: 'a:'}\nembedded: {data: '/tmp/a \"b\\ c: #d'}\n");
        LoadedConfig loaded = ConfigLoader.load(file, Map.of("PORTCULLIS_AUTH_TRUSTED_PROXIES", "::1,10.0.0.0/8"));

        assertThat(ConfigLoader.load(file(loaded.render()), Map.of()).config()).isEqualTo(loaded.config());
    }

    @Test
    void noTextMakesTheLoaderThrowAnythingButItsOwnException() throws IOException {
        Random random = new Random(42);
        String whole = Files.readString(Path.of("conf/gateway.yaml"));
        String small = """
                server:
                  port: "8081" # why
                  idle-timeout: 1h30m
                auth:
                  trusted-proxies: [10.0.0.0/8, '::1']
                  schemes:
                    - basic
                redis: {tls-verify: true, prefix: a}
                """;
        String[] scraps = {
            "{",
            "}",
            "[",
            "]",
            ":",
            "- ",
            "&a ",
            "*a",
            "!!int ",
            "!x",
            "%",
            "\"",
            "'",
            "|",
            ">",
            "\t",
            "\n",
            "\\",
            "\"\\UFFFFFFFF\"",
            "? ",
            "<<: ",
            "---\n",
            "...\n",
            "%YAML 9.9\n",
            "%TAG ! x\n",
            "\0",
            "\ufeff",
            "\ud83d",
            "999999999999",
            "-",
            "é",
            "null",
            "#",
            "${A}",
            "%00",
            "://",
            "\"\\ud800\"",
            "\u2028",
            "\r"
        };
        Path name = Path.of("mutated.yaml");
        for (int round = 0; round < 3_000; round++) {
            StringBuilder text = new StringBuilder(round % 100 == 0 ? whole : small);
            for (int edits = 1 + random.nextInt(5); edits > 0; edits--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(4)) {
                    case 0 -> text.insert(at, scraps[random.nextInt(scraps.length)]);
                    case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(20)));
                    case 2 -> text.setCharAt(at, (char) random.nextInt(0x180));
                    default -> text.insert(at, text.substring(at, Math.min(text.length(), at + 60)));
                }
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            if (round % 10 == 0) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                ConfigLoader.load(
                        name, bytes, Map.of("PORTCULLIS_SERVER_PORT", String.valueOf(random.nextInt(70_000))));
            } catch (ConfigException e) {
                assertThat(e.faults()).isNotEmpty();
                assertThat(String.valueOf(e.getMessage()).lines())
                        .hasSize(e.faults().size());
            } catch (RuntimeException | Error e) {
                throw new AssertionError("round " + round + ": " + text, e);
            }
        }
    }

    @Test
    void noVariableMakesTheLoaderThrowAnythingButItsOwnException() {
        Random random = new Random(43);
        List<String> names = Stream.concat(
                        Keys.byVariable().keySet().stream(),
                        Stream.of(
                                "DATABASE_URL",
                                "DB_HOST",
                                "DB_PORT",
                                "DB_SSL_MODE",
                                "REDIS_URL",
                                "REDIS_ADDR",
                                "REDIS_HOST"))
                .toList();
        String[] scraps = {
            "postgresql://",
            "redis://",
            "u:p@",
            "[::1]",
            "[",
            "]",
            ":",
            "/",
            "?",
            "=",
            "&",
            "%",
            "%41",
            "@",
            "1",
            "s",
            "é"
        };
        for (int round = 0; round < 2_000; round++) {
            Map<String, String> environment = new HashMap<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                StringBuilder value = new StringBuilder();
                for (int parts = random.nextInt(8); parts >= 0; parts--) {
                    value.append(scraps[random.nextInt(scraps.length)]);
                }
                environment.put(names.get(random.nextInt(names.size())), value.toString());
            }
            try {
                ConfigLoader.load(null, environment);
            } catch (ConfigException e) {
                assertThat(e.faults()).isNotEmpty();
            } catch (RuntimeException | Error e) {
                throw new AssertionError("round " + round + ": " + environment, e);
            }
        }
    }

    private static Arguments bad(String given, String fault) {
        return Arguments.of(given, fault);
    }

    private Path file(String text) {
        try {
            return Files.writeString(Files.createTempFile(folder, "c", ".yaml"), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static ConfigException refused(@Nullable Path file, Map<String, String> environment) {
        return Objects.requireNonNull(
                catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file, environment)),
                "was accepted");
    }

    private static List<String> trusted(String value) {
        Map<String, String> environment = Map.of("PORTCULLIS_AUTH_TRUSTED_PROXIES", value);
        return ConfigLoader.load(null, environment).config().auth().trustedProxies();
    }

    private static PostgresUrl postgres(Map<String, String> environment) {
        Map<String, String> all = with(environment, Map.of("REDIS_URL", "redis://r"));
        return Objects.requireNonNull(
                ConfigLoader.load(null, all).config().postgres().url());
    }

    private static RedisUrl redis(Map<String, String> environment) {
        Map<String, String> all = with(environment, Map.of("DATABASE_URL", "postgresql://u@h/d"));
        return Objects.requireNonNull(
                ConfigLoader.load(null, all).config().redis().target());
    }

    private static Map<String, String> with(Map<String, String> some, Map<String, String> more) {
        Map<String, String> all = new HashMap<>(some);
        all.putAll(more);
        all.put("PORTCULLIS_AUTH_PEPPER", PEPPER);
        all.put("PORTCULLIS_MANAGEMENT_TOKEN", TOKEN);
        return all;
    }

    private static String source(LoadedConfig loaded, String path) {
        return loaded.settings().stream()
                .filter(s -> s.path().equals(path))
                .findFirst()
                .orElseThrow()
                .source();
    }
}
