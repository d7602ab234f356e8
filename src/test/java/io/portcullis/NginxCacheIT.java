package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.ProxyProcess;
import io.portcullis.testing.RawHttp;
import io.portcullis.testing.RecordingUpstream;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** nginx with the cache's lines of {@code conf/nginx} in use, and {@code auth.proxy-cache: 1s}. */
class NginxCacheIT {

    private static @Nullable TestGateway gateway;
    private static @Nullable RecordingUpstream upstream;
    private static @Nullable ProxyProcess proxy;

    @BeforeAll
    static void start() throws Exception {
        FrontEnd nginx = Nginx.thatCaches();
        upstream = new RecordingUpstream();
        gateway = TestGateway.start(
                Map.of("PORTCULLIS_AUTH_TRUSTED_PROXIES", "127.0.0.1", "PORTCULLIS_AUTH_PROXY_CACHE", "1s"));
        proxy = nginx.start(gateway.port(), upstream.port());
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable part : new AutoCloseable[] {proxy, gateway, upstream}) {
            if (part != null) {
                part.close();
            }
        }
    }

    @Test
    void manyRequestsOfOneSecondAreOneAtTheGateway() throws Exception {
        TestClient client = gateway().client();
        status(client.key(), "/");
        double before = allowed();
        long from = System.currentTimeMillis() / 1000;

        for (int i = 0; i < 200; i++) {
            assertThat(status(client.key(), "/")).isEqualTo(200);
        }

        long seconds = System.currentTimeMillis() / 1000 - from + 1;
        assertThat(allowed() - before).isBetween(1.0, seconds + 1.0);
        assertThat(seconds).as("the requests came within a few seconds").isLessThan(20);
    }

    @Test
    void nobodyGetsAnothersAllow() throws Exception {
        TestClient one = gateway().client();
        TestClient other = gateway().client();
        for (int i = 0; i < 20; i++) {
            assertThat(get(one.key(), "/")).endsWith("caller=" + one.id() + " path=/");
            assertThat(get(other.key(), "/")).endsWith("caller=" + other.id() + " path=/");
            assertThat(status("wrong", "/")).isEqualTo(401);
            assertThat(status("", "/")).isEqualTo(401);
        }
    }

    @Test
    void whatElseDecidesIsAskedEachTime() throws Exception {
        TestClient client = gateway().client();
        for (int i = 0; i < 5; i++) {
            assertThat(status(client.key(), "/a")).isEqualTo(200);
            assertThat(status(client.key(), "/a?k=" + client.key())).isEqualTo(400);
        }
    }

    @Test
    void aRefusalIsNeverKept() throws Exception {
        TestClient client = gateway().client("SUSPENDED");
        double before = gateway().metric("auth_requests_total{outcome=\"client_not_active\"}");

        for (int i = 0; i < 10; i++) {
            assertThat(status(client.key(), "/")).isEqualTo(403);
        }

        assertThat(gateway().metric("auth_requests_total{outcome=\"client_not_active\"}") - before)
                .isEqualTo(10);
    }

    /** Begun with a second of the clock, which is when an entry that lived longer than that second would show most. */
    @Test
    void aRevocationIsFeltASecondLater() throws Exception {
        for (int round = 0; round < 3; round++) {
            TestClient client = gateway().client();
            status(client.key(), "/");
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(2))
                    .until(() -> System.currentTimeMillis() % 1000 < 100);
            assertThat(status(client.key(), "/")).isEqualTo(200);
            gateway()
                    .sql("UPDATE client_registry.clients SET status = 'SUSPENDED' WHERE client_id = '" + client.id()
                            + "'");
            long revoked = System.nanoTime();
            await().pollInterval(Duration.ofMillis(20))
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> status(client.key(), "/") == 403);

            assertThat(Duration.ofNanos(System.nanoTime() - revoked)).isLessThan(Duration.ofMillis(1400));
        }
    }

    private static double allowed() throws Exception {
        return gateway().metric("auth_requests_total{outcome=\"allowed\"}");
    }

    private static int status(String key, String uri) throws Exception {
        return Integer.parseInt(get(key, uri).substring(9, 12));
    }

    private static String get(String key, String uri) throws Exception {
        try (RawHttp caller = new RawHttp(Objects.requireNonNull(proxy).port())) {
            return caller.send(FrontEndContract.request(uri, "X-API-Key: " + key))
                    .answer();
        }
    }

    private static TestGateway gateway() {
        return Objects.requireNonNull(gateway);
    }
}
