package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.testing.UserServiceStandIn;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gateways that ask whether the owner of a client is active, beside a User Service that is well, away, slow or wrong. */
@Timeout(120)
class OwnerCheckIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int ACTIVE = 1;
    private static final int INACTIVE = 19;
    private static final int NOBODY = 5_000;

    private final UserServiceStandIn service = new UserServiceStandIn(0, 1_000, null);

    @AfterEach
    void close() {
        service.close();
    }

    @Test
    void unlessItIsSaidNobodyAsks() throws Exception {
        try (TestGateway gateway = TestGateway.start(Map.of("USER_SERVICE_URL", service.url()))) {
            assertThat(status(gateway, owned(gateway, INACTIVE))).isEqualTo(200);
            assertThat(service.requests()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cached", "strict"})
    void onlyAnActiveOwnersClientIsLetIn(String mode) throws Exception {
        try (TestGateway gateway = start(mode, Map.of())) {
            TestClient good = owned(gateway, ACTIVE);
            assertThat(status(gateway, good)).isEqualTo(200);
            assertThat(gateway.withKey(good.key()).headers().firstValue("X-User-Id"))
                    .contains(UserServiceStandIn.id(ACTIVE));
            assertThat(status(gateway, gateway.client())).as("of nobody").isEqualTo(200);
            assertOwnerRefused(gateway, owned(gateway, INACTIVE));
            assertOwnerRefused(gateway, owned(gateway, NOBODY));
            assertThat(service.requests()).isEqualTo(3);
            assertThat(gateway.metric("auth_requests_total{outcome=\"owner_not_active\"}"))
                    .isEqualTo(4);
        }
    }

    @Test
    void eachFrontEndIsToldThatItIsTheOwner() throws Exception {
        try (TestGateway gateway = start("cached", Map.of())) {
            TestClient client = owned(gateway, INACTIVE);
            for (String path : new String[] {"/auth", "/auth/traefik", "/auth/envoy/x"}) {
                HttpResponse<String> answer = ask(gateway, path, client);
                assertThat(answer.statusCode()).as(path).isEqualTo(403);
                assertThat(answer.body()).as(path).contains("65016", "Owner not active");
            }
            HttpResponse<String> nginx = ask(gateway, "/auth/nginx", client);
            assertThat(nginx.statusCode()).isEqualTo(403);
            assertThat(nginx.headers().firstValue("X-Auth-Reason")).contains("65016");
        }
    }

    /** One question for a thousand requests, and no hop for those that come after it. */
    @Test
    void aKnownOwnerIsNotAskedForAgain() throws Exception {
        try (TestGateway gateway = start("cached", Map.of())) {
            TestClient client = owned(gateway, ACTIVE);
            // The news of the client itself may come behind the first request, and cost the second one a look-up.
            await().atMost(SOON).until(() -> {
                double before = nearMisses(gateway);
                assertThat(status(gateway, client)).isEqualTo(200);
                return nearMisses(gateway) == before;
            });
            double misses = nearMisses(gateway);
            for (int i = 0; i < 200; i++) {
                assertThat(status(gateway, client)).isEqualTo(200);
            }
            assertThat(service.requests()).isEqualTo(1);
            assertThat(nearMisses(gateway)).isEqualTo(misses);
        }
    }

    @Test
    void withTheServiceAwayALastAnswerServesForTheGraceAndThenNobodyKnows() throws Exception {
        try (TestGateway gateway = start("cached", Map.of("CACHE_USER_TTL", "1", "PORTCULLIS_FRESHNESS_GRACE", "4s"))) {
            TestClient good = owned(gateway, ACTIVE);
            TestClient bad = owned(gateway, INACTIVE);
            TestClient strict = owned(gateway, ACTIVE);
            gateway.sql("UPDATE client_registry.clients SET grace_seconds = 0 WHERE client_id = '" + strict.id() + "'");
            assertThat(status(gateway, good)).isEqualTo(200);
            assertThat(status(gateway, bad)).isEqualTo(403);
            service.fail("status", 500);

            await().atMost(SOON)
                    .until(() -> gateway.withKey(good.key())
                            .headers()
                            .firstValue("X-Auth-Stale")
                            .isPresent());
            assertThat(status(gateway, good)).as("in its grace").isEqualTo(200);
            assertThat(status(gateway, bad)).as("in its grace").isEqualTo(403);
            assertUnavailable(gateway.withKey(strict.key()));
            // Each for itself: they were answered one after another, and so is the end of their grace.
            for (TestClient client : List.of(good, bad)) {
                await().atMost(SOON).until(() -> {
                    int now = status(gateway, client);
                    assertThat(now).isIn(client.equals(good) ? 200 : 403, 503);
                    return now == 503;
                });
                assertUnavailable(gateway.withKey(client.key()));
            }
            assertThat(gateway.withKey("pk_test_unknown").statusCode()).isEqualTo(401);

            service.heal();
            await().atMost(SOON).until(() -> status(gateway, good) == 200);
            assertOwnerRefused(gateway, bad);
        }
    }

    @Test
    void strictWithTheServiceAwayNobodyKnowsPastTheLease() throws Exception {
        try (TestGateway gateway =
                start("strict", Map.of("PORTCULLIS_FRESHNESS_LEASE", "1s", "PORTCULLIS_FRESHNESS_GRACE", "10m"))) {
            TestClient good = owned(gateway, ACTIVE);
            assertThat(status(gateway, good)).isEqualTo(200);
            service.fail("status", 500);

            await().atMost(SOON).until(() -> {
                HttpResponse<String> answer = gateway.withKey(good.key());
                assertThat(answer.statusCode()).isIn(200, 503);
                assertThat(answer.headers().firstValue("X-Auth-Stale")).isEmpty();
                return answer.statusCode() == 503;
            });
            assertUnavailable(gateway.withKey(good.key()));
        }
    }

    /** What another node wrote to Redis is no answer of the service. */
    @Test
    void strictAsksTheServiceWhateverRedisHas() throws Exception {
        try (TestGateway first = start("cached", Map.of("PORTCULLIS_REDIS_PREFIX", "strict-" + service.port() + ":"))) {
            assertThat(status(first, owned(first, ACTIVE))).isEqualTo(200);
            try (TestGateway second =
                    start("strict", Map.of("PORTCULLIS_REDIS_PREFIX", "strict-" + service.port() + ":"))) {
                service.put(UserServiceStandIn.madeUp(ACTIVE).put("isActive", false));
                assertOwnerRefused(second, owned(second, ACTIVE));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hang", "malformed", "wrong_id", "close", "truncated"})
    void whateverIsWrongWithTheServiceNobodyIsLetInAndNobodyRefused(String fault) throws Exception {
        try (LoopWatch loops = new LoopWatch();
                TestGateway gateway = start(
                        "cached", Map.of("USER_SERVICE_TIMEOUT", "300", "PORTCULLIS_SERVER_REQUEST_TIMEOUT", "1s"))) {
            TestClient known = owned(gateway, ACTIVE);
            assertThat(status(gateway, known)).isEqualTo(200);
            TestClient client = owned(gateway, 2);
            long steady = System.nanoTime();
            service.fail(fault, true);

            for (int i = 0; i < 12; i++) {
                assertUnavailable(gateway.withKey(client.key()));
            }
            assertThat(status(gateway, known)).as("and who is known goes on").isEqualTo(200);
            assertThat(loops.heldSince(steady)).isEmpty();
            await().atMost(SOON).untilAsserted(() -> {
                var ready = gateway.management("/health/ready");
                assertThat(ready.statusCode()).isEqualTo(200);
                assertThat(ready.body()).contains("user-service", "its breaker is");
            });
        }
    }

    private TestGateway start(String mode, Map<String, String> more) throws Exception {
        Map<String, String> settings = new HashMap<>();
        settings.put("USER_SERVICE_URL", service.url());
        settings.put("PORTCULLIS_AUTH_OWNER_CHECK", mode);
        settings.put("PORTCULLIS_BREAKER_OPEN_FOR", "500ms");
        settings.putAll(more);
        return TestGateway.start(settings);
    }

    private static TestClient owned(TestGateway gateway, int user) throws Exception {
        TestClient client = gateway.client();
        gateway.sql("UPDATE client_registry.clients SET owner_user_id = '" + UserServiceStandIn.id(user)
                + "' WHERE client_id = '" + client.id() + "'");
        return client;
    }

    private static double nearMisses(TestGateway gateway) throws Exception {
        return gateway.metric("registry_lookups_total{result=\"miss\",tier=\"near\"}");
    }

    private static int status(TestGateway gateway, TestClient client) throws Exception {
        return gateway.withKey(client.key()).statusCode();
    }

    private static HttpResponse<String> ask(TestGateway gateway, String path, TestClient client) throws Exception {
        return HttpClient.newHttpClient()
                .send(gateway.request(path, "X-API-Key", client.key()), HttpResponse.BodyHandlers.ofString());
    }

    private static void assertOwnerRefused(TestGateway gateway, TestClient client) throws Exception {
        for (int i = 0; i < 2; i++) {
            HttpResponse<String> answer = gateway.withKey(client.key());
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("\"code\":65016", "Owner not active");
        }
    }

    private static void assertUnavailable(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("\"code\":65014", "User service is currently unavailable");
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    }
}
