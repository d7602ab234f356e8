package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.config.ConfigLoader;
import io.portcullis.config.Setting;
import io.portcullis.testing.RawHttp;
import io.portcullis.testing.Signals;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A gateway that runs, and its configuration file that changes. */
@Timeout(120)
class ReloadIT {

    /** From the change of the file to its effect. */
    private static final Duration SOON = Duration.ofSeconds(2);

    /** Longer than that only where something else has to happen first. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    /** What a key does, before and after it is changed. */
    private interface Probe {
        void run(Setup setup) throws Exception;
    }

    /** Key → what shows that it is taken over. A key that is marked as reloaded and not in here fails the test below. */
    private static final Map<String, Probe> PROBES = Map.of(
            "auth.trusted-proxies",
            ReloadIT::trustedProxies,
            "auth.forwarded-header",
            ReloadIT::forwardedHeader,
            "auth.proxy-cache",
            ReloadIT::proxyCache,
            "auth.schemes",
            ReloadIT::schemes,
            "server.request-timeout",
            ReloadIT::requestTimeout,
            "postgres.slow-query",
            ReloadIT::slowQuery,
            "redis.slow-command",
            ReloadIT::slowCommand,
            "freshness.grace",
            ReloadIT::grace);

    @Test
    void everyKeyThatIsSaidToBeReloadedHasAProbe() {
        assertThat(ConfigLoader.load(null, Map.of()).settings().stream()
                        .filter(Setting::reloaded)
                        .map(Setting::path)
                        .collect(Collectors.toSet()))
                .isEqualTo(PROBES.keySet());
    }

    @ParameterizedTest
    @MethodSource("keys")
    void whatIsSaidToBeReloadedIs(String key) throws Exception {
        try (Setup setup = new Setup()) {
            PROBES.getOrDefault(key, none -> {}).run(setup);
        }
    }

    private static void trustedProxies(Setup setup) throws Exception {
        TestClient client = setup.clientBehindProxy();
        assertThat(setup.behindProxy(client)).isEqualTo(403);
        setup.write("auth: {trusted-proxies: [127.0.0.1]}");
        await().atMost(SOON).until(() -> setup.behindProxy(client) == 200);
    }

    private static void forwardedHeader(Setup setup) throws Exception {
        TestClient client = setup.clientBehindProxy();
        setup.write("auth: {trusted-proxies: [127.0.0.1]}");
        await().atMost(SOON).until(() -> setup.behindProxy(client) == 200);
        setup.write("auth: {trusted-proxies: [127.0.0.1], forwarded-header: forwarded}");
        await().atMost(SOON).until(() -> setup.behindProxy(client) == 403);
        assertThat(setup.gateway
                        .auth("X-API-Key", client.key(), "Forwarded", "for=203.0.113.7")
                        .statusCode())
                .isEqualTo(200);
    }

    private static void proxyCache(Setup setup) throws Exception {
        String key = setup.gateway.client().key();
        assertThat(setup.asNginx(key)).isEqualTo("no-store");
        setup.write("auth: {proxy-cache: 1s}");
        await().atMost(SOON).until(() -> setup.asNginx(key).equals("private, max-age=1"));
    }

    private static void schemes(Setup setup) throws Exception {
        TestClient client = setup.gateway.client();
        assertThat(setup.gateway.withKey(client.key()).statusCode()).isEqualTo(200);
        setup.write("auth: {schemes: [bearer]}");
        await().atMost(SOON)
                .until(() -> setup.gateway.withKey(client.key()).body().contains("65002"));
        assertThat(setup.gateway
                        .withKey(client.key())
                        .headers()
                        .firstValue("WWW-Authenticate")
                        .orElse(""))
                .startsWith("Bearer");
        assertThat(setup.gateway.auth("Authorization", "Bearer " + client.key()).statusCode())
                .isEqualTo(200);
    }

    private static void requestTimeout(Setup setup) throws Exception {
        setup.postgres.freeze();
        setup.write("server: {request-timeout: 100ms}");
        await().atMost(LIMIT).until(() -> {
            long asked = System.nanoTime();
            int status = setup.gateway.withKey(setup.gateway.client().key()).statusCode();
            return status == 503
                    && System.nanoTime() - asked < Duration.ofSeconds(1).toNanos();
        });
    }

    private static void slowQuery(Setup setup) throws Exception {
        setup.postgres.delay(Duration.ofMillis(20));
        setup.write("postgres: {slow-query: 10ms}");
        await().atMost(LIMIT).until(() -> {
            setup.gateway.withKey(setup.gateway.client().key());
            return setup.gateway
                    .management("/metrics")
                    .body()
                    .contains("slow_operations_total{operation=\"registry.find_by_digest\",tier=\"postgres\"}");
        });
    }

    private static void slowCommand(Setup setup) throws Exception {
        setup.redis.delay(Duration.ofMillis(20));
        setup.write("redis: {slow-command: 10ms}");
        await().atMost(LIMIT).until(() -> {
            setup.gateway.withKey(setup.gateway.client().key());
            return setup.gateway
                    .management("/metrics")
                    .body()
                    .contains("slow_operations_total{operation=\"get\",tier=\"redis\"}");
        });
    }

    private static void grace(Setup setup) throws Exception {
        TestClient client = setup.gateway.client();
        assertThat(setup.gateway.withKey(client.key()).statusCode()).isEqualTo(200);
        setup.write("freshness: {grace: 1m}\nserver: {request-timeout: 500ms}");
        // The next heartbeat announces it; until then it does not count.
        await().atMost(LIMIT).until(() -> setup.announcedSeconds() > 50);
        setup.postgres.cut();
        await().atMost(LIMIT)
                .until(() -> setup.gateway
                        .withKey(client.key())
                        .headers()
                        .firstValue("X-Auth-Stale")
                        .isPresent());
    }

    /** Connections stay open, nobody is refused who should not be, and every event loop knows of it. */
    @Test
    void underTrafficNothingFailsAndEveryEventLoopFollows() throws Exception {
        try (Setup setup = new Setup()) {
            TestClient client = setup.gateway.client();
            TestClient behindProxy = setup.clientBehindProxy();
            List<RawHttp> connections = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                connections.add(new RawHttp(setup.gateway.port()));
            }
            AtomicBoolean over = new AtomicBoolean();
            AtomicInteger answered = new AtomicInteger();
            List<String> others = new ArrayList<>();
            Thread traffic = new Thread(() -> {
                try (RawHttp connection = new RawHttp(setup.gateway.port())) {
                    while (!over.get()) {
                        String answer = connection.send(request(client.key())).answer();
                        answered.incrementAndGet();
                        if (!answer.startsWith("HTTP/1.1 200")) {
                            others.add(answer);
                        }
                    }
                } catch (Exception e) {
                    others.add(e.toString());
                }
            });
            traffic.start();
            for (RawHttp connection : connections) {
                assertThat(connection.send(proxied(behindProxy.key())).answer()).startsWith("HTTP/1.1 403");
            }

            setup.write("auth: {trusted-proxies: [127.0.0.0/8], schemes: [api-key, basic]}");
            await().atMost(SOON).until(() -> {
                for (RawHttp connection : connections) {
                    if (!connection.send(proxied(behindProxy.key())).answer().startsWith("HTTP/1.1 200")) {
                        return false;
                    }
                }
                return true;
            });
            for (RawHttp connection : connections) {
                assertThat(connection
                                .send("GET /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + client.key()
                                        + "\r\n\r\n")
                                .answer())
                        .startsWith("HTTP/1.1 401");
                connection.close();
            }
            int before = answered.get();
            await().atMost(SOON).until(() -> answered.get() > before + 10);
            over.set(true);
            traffic.join();
            assertThat(others).isEmpty();
        }
    }

    @Test
    void aTypingErrorChangesNothingAndIsSeenUntilItIsMended() throws Exception {
        try (Setup setup = new Setup()) {
            TestClient client = setup.clientBehindProxy();
            setup.write("auth: {trusted-proxies: [127.0.0.1]}");
            await().atMost(SOON).until(() -> setup.behindProxy(client) == 200);
            String hash = setup.status().getString("hash");

            setup.write("auth:\n  trusted-proxis: []\n");
            await().atMost(SOON).until(() -> setup.ready().contains("degraded"));
            assertThat(setup.ready()).contains("auth.trusted-proxis", "auth.trusted-proxies", ":2:3");
            assertThat(setup.gateway.management("/health/ready").statusCode()).isEqualTo(200);
            assertThat(setup.behindProxy(client)).isEqualTo(200);
            assertThat(setup.gateway.metric("config_reloads_total{result=\"refused\"}"))
                    .isEqualTo(1);
            assertThat(setup.gateway.metric("config_last_reload_successful")).isZero();
            assertThat(setup.status().getString("hash")).isEqualTo(hash);

            setup.write("auth: {trusted-proxies: []}\nserver: {drain-timeout: 1s}");
            await().atMost(SOON).until(() -> setup.behindProxy(client) == 403);
            await().atMost(SOON).until(() -> !setup.ready().contains("degraded"));
            assertThat(setup.ready()).contains("restart needed: server.drain-timeout");
            assertThat(setup.gateway.metric("config_last_reload_successful")).isEqualTo(1);
            assertThat(setup.gateway.metric("config_waiting_keys")).isEqualTo(1);
            assertThat(setup.status().getString("hash")).isNotEqualTo(hash);
        }
    }

    /** Without a handler it would end the process. The file has not changed: nobody else has it read again. */
    @Test
    void aSupervisorsHangupHasTheFileReadAgain() throws Exception {
        assumeThat(Signals.isIgnored(Signals.HUP))
                .as("started by nohup, which those inherit that are started here")
                .isFalse();
        Path file = Files.writeString(folder.resolve("own.yaml"), "auth: {trusted-proxies: [127.0.0.1]}");
        try (JarProcess jar = JarProcess.launch(folder, Map.of(), "run", "--config", file.toString())) {
            jar.awaitServing();
            assertThat(jar.output()).doesNotContain("event=config.reloaded");

            jar.hangUp();

            await().atMost(LIMIT).until(() -> jar.output().contains("event=config.reloaded"));
            assertThat(jar.alive()).isTrue();
        }
    }

    static List<String> keys() {
        return PROBES.keySet().stream().sorted().toList();
    }

    private static String request(String key) {
        return "GET /auth HTTP/1.1\r\nHost: a\r\nX-API-Key: " + key + "\r\n\r\n";
    }

    private static String proxied(String key) {
        return "GET /auth HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\nX-API-Key: " + key + "\r\n\r\n";
    }

    /** A gateway with a file, behind a proxy to its database. */
    private final class Setup implements AutoCloseable {
        final TcpProxy postgres;
        final TcpProxy redis;
        final TestGateway gateway;
        private final Path file = folder.resolve("gateway.yaml");

        Setup() throws Exception {
            String database = TestServers.freshDatabaseUrl();
            URI server = URI.create(database);
            postgres = TcpProxy.to(server.getHost(), server.getPort());
            URI cache = URI.create(TestServers.redisUrl());
            redis = TcpProxy.to(cache.getHost(), cache.getPort());
            write("{}");
            gateway = TestGateway.startWithFile(
                    file,
                    postgres.port(),
                    database,
                    Map.of(
                            "PORTCULLIS_FRESHNESS_LEASE",
                            "500ms",
                            "PORTCULLIS_REDIS_URL",
                            TestServers.redisUrl().replace(":" + cache.getPort() + "/", ":" + redis.port() + "/")));
        }

        /** As a tool does that replaces files. Without another grace, none. */
        void write(String yaml) throws Exception {
            String text = yaml.contains("grace") ? yaml : yaml.replace("{}", "") + "\nfreshness: {grace: 0s}\n";
            Path next = Files.writeString(folder.resolve("next"), text);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        TestClient clientBehindProxy() throws Exception {
            TestClient client = gateway.client();
            gateway.sql("UPDATE client_registry.clients SET allowed_ips = '{203.0.113.0/24}' WHERE client_id = '"
                    + client.id() + "'");
            return client;
        }

        int behindProxy(TestClient client) throws Exception {
            return gateway.auth("X-API-Key", client.key(), "X-Forwarded-For", "203.0.113.7")
                    .statusCode();
        }

        /** What nginx is told of caching the answer. */
        String asNginx(String key) throws Exception {
            return HttpClient.newHttpClient()
                    .send(gateway.request("/auth/nginx", "X-API-Key", key), HttpResponse.BodyHandlers.discarding())
                    .headers()
                    .firstValue("Cache-Control")
                    .orElse("");
        }

        String ready() throws Exception {
            return gateway.management("/health/ready").body();
        }

        JsonObject status() throws Exception {
            return new JsonObject(gateway.administration("/admin/v1/status").body()).getJsonObject("config");
        }

        long announcedSeconds() throws Exception {
            try (var connection = TestServers.connect(gateway.database());
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery(
                            "SELECT max(grace_ms) / 1000 FROM client_registry.node_heartbeats")) {
                rows.next();
                return rows.getLong(1);
            }
        }

        @Override
        public void close() {
            gateway.close();
            postgres.close();
            redis.close();
        }
    }
}
