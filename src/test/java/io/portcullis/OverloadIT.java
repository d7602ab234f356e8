package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.TestServers;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** More look-ups than PostgreSQL can do: those beyond are refused at once, and nobody else notices. */
class OverloadIT {

    @Test
    void beyondTheLimitAMissIsRefusedAtOnceAndWarmKeysGoOn() throws Exception {
        Map<String, String> settings = Map.of(
                "PORTCULLIS_POSTGRES_CONCURRENCY_MIN", "2",
                "PORTCULLIS_POSTGRES_CONCURRENCY_MAX", "2",
                "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "20s",
                "PORTCULLIS_FRESHNESS_LEASE", "1m",
                "PORTCULLIS_CACHE_TTL", "1s");
        try (TestGateway gateway = TestGateway.start(settings)) {
            String warm = gateway.client().key();
            String held = gateway.client().key();
            List<String> cold = List.of(gateway.client().key(), gateway.client().key());
            String beyond = gateway.client().key();
            assertThat(gateway.withKey(held).statusCode()).isEqualTo(200);
            HttpClient http =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            List<CompletableFuture<HttpResponse<Void>>> waiting = new ArrayList<>();
            try (Connection blocker = TestServers.connect(gateway.database());
                    Statement statement = blocker.createStatement()) {
                blocker.setAutoCommit(false);
                assertThat(gateway.withKey(warm).statusCode()).isEqualTo(200);
                statement.execute("LOCK TABLE client_registry.client_keys IN ACCESS EXCLUSIVE MODE");
                for (String key : cold) {
                    waiting.add(http.sendAsync(
                            gateway.request("/auth", "X-API-Key", key), HttpResponse.BodyHandlers.discarding()));
                }
                await().atMost(Duration.ofSeconds(10)).until(() -> gateway.metric("registry_store_in_flight") == 2);

                long asked = System.nanoTime();
                HttpResponse<String> refused = gateway.withKey(beyond);
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(1));
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.headers().firstValue("Retry-After")).isPresent();
                assertThat(refused.body()).contains("65015");
                assertThat(gateway.metric("auth_requests_total{outcome=\"overloaded\"}"))
                        .isEqualTo(1);
                assertThat(gateway.metric("auth_requests_total{outcome=\"unavailable\"}"))
                        .isZero();

                // Who asks for a key that is being looked up already needs nothing more of PostgreSQL.
                waiting.add(http.sendAsync(
                        gateway.request("/auth", "X-API-Key", cold.get(0)), HttpResponse.BodyHandlers.discarding()));

                // One whose record has outlived its time and was not taken back: it is still known here.
                double shed = gateway.metric("registry_store_shed_total");
                await().atMost(Duration.ofSeconds(10)).until(() -> {
                    HttpResponse<String> known = gateway.withKey(held);
                    assertThat(known.statusCode()).isEqualTo(200);
                    assertThat(known.headers().firstValue("X-Auth-Stale")).isEmpty();
                    return gateway.metric("registry_store_shed_total") > shed;
                });
                blocker.rollback();
            }

            for (CompletableFuture<HttpResponse<Void>> answer : waiting) {
                assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            }
            assertThat(gateway.withKey(beyond).statusCode()).isEqualTo(200);
        }
    }
}
