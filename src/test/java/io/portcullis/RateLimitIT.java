package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.ApiKey;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits as callers and administrators see them, at a gateway with a real Redis. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before all tests
class RateLimitIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static TestGateway gateway;
    private static AdminCalls admin;

    @BeforeAll
    static void start() throws Exception {
        gateway = TestGateway.start(Map.of(
                "PORTCULLIS_LIMITS_POLICIES",
                "gold by=client limit=3 window=1m only=named mode=exact,tenants by=tenant rate=1/h burst=5 shadow=true",
                "PORTCULLIS_LIMITS_FIELDS",
                "both",
                "PORTCULLIS_LIMITS_FAILURES",
                "limit=5 window=2s",
                "PORTCULLIS_AUTH_TRUSTED_PROXIES",
                "127.0.0.1"));
        admin = AdminCalls.of(gateway);
        await().atMost(Duration.ofSeconds(10)).until(() -> gateway.metric("rate_limit_degraded") == 0);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void aClientsRateLimitHoldsAndSaysSo() throws Exception {
        TestClient client = limited("rate_limit = 4");
        HttpResponse<String> first = gateway.withKey(client.key());
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(header(first, "RateLimit-Policy")).isEqualTo("\"client\";q=4;w=60");
        assertThat(header(first, "RateLimit")).matches("\"client\";r=3;t=(62|61|60|59)");
        assertThat(header(first, "X-RateLimit-Limit")).isEqualTo("4");
        assertThat(header(first, "X-RateLimit-Remaining")).isEqualTo("3");
        for (int i = 0; i < 3; i++) {
            assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
        }

        double refusedBefore = gateway.metric("rate_limit_requests_total{allowed=\"false\"}");
        HttpResponse<String> refused = gateway.withKey(client.key());

        assertThat(refused.statusCode()).isEqualTo(429);
        JsonObject problem = new JsonObject(refused.body());
        assertThat(problem.getInteger("code")).isEqualTo(65010);
        assertThat(problem.getString("title")).isEqualTo("Rate limited");
        assertThat(Integer.parseInt(header(refused, "Retry-After"))).isBetween(57, 62);
        assertThat(header(refused, "RateLimit")).matches("\"client\";r=0;t=(62|61|60|59|58|57)");
        assertThat(header(refused, "X-RateLimit-Remaining")).isEqualTo("0");
        assertThat(header(refused, "Cache-Control")).isEqualTo("no-store");
        assertThat(gateway.metric("rate_limit_requests_total{allowed=\"false\"}"))
                .isEqualTo(refusedBefore + 1);
        assertThat(gateway.metric("auth_requests_total{outcome=\"rate_limited\"}"))
                .isPositive();
    }

    @Test
    void everyDialectTellsWhoIsLimited() throws Exception {
        TestClient client = limited("rate_limit = 1");
        assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);

        HttpResponse<String> nginx = get("/auth/nginx", client);
        assertThat(nginx.statusCode()).isEqualTo(403);
        assertThat(header(nginx, "X-Auth-Status")).isEqualTo("429");
        assertThat(header(nginx, "X-Auth-Reason")).isEqualTo("65010");
        assertThat(header(nginx, "X-Auth-Problem")).contains("65010");
        for (String path : new String[] {"/auth", "/auth/traefik", "/auth/envoy/any"}) {
            assertThat(get(path, client).statusCode()).as(path).isEqualTo(429);
        }
        for (String path : new String[] {"/auth", "/auth/nginx", "/auth/traefik", "/auth/envoy/any"}) {
            HttpResponse<String> refused = get(path, client);
            assertThat(Integer.parseInt(header(refused, "Retry-After")))
                    .as(path)
                    .isBetween(50, 62);
            assertThat(header(refused, "RateLimit")).as(path).contains("\"client\";r=0");
        }
    }

    @Test
    void whoNamesALimitIsUnderIt() throws Exception {
        TestClient client = limited("metadata = '{\"limit_policy\": \"gold\"}'");
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> allowed = gateway.withKey(client.key());
            assertThat(allowed.statusCode()).isEqualTo(200);
            assertThat(header(allowed, "RateLimit")).contains("\"gold\";r=" + (2 - i));
        }
        assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(429);
        gateway.sql("UPDATE client_registry.clients SET metadata = '{}' WHERE client_id = '" + client.id() + "'");
        await().until(() -> gateway.withKey(client.key()).statusCode() == 200);
    }

    @Test
    void aShadowRefusesNobodyAndCounts() throws Exception {
        TestClient client = limited("tenant_id = 'shadowed'");
        for (int i = 0; i < 8; i++) {
            HttpResponse<String> answer = gateway.withKey(client.key());
            assertThat(answer.statusCode()).isEqualTo(200);
            // Who reads it would stop for nothing.
            assertThat(answer.headers().firstValue("RateLimit")).isEmpty();
        }
        assertThat(gateway.metric("rate_limit_policy_requests_total{outcome=\"shadow_refused\",policy=\"tenants\"}"))
                .isEqualTo(3);
    }

    @Test
    void whoFailsTooOftenIsNotLookedUp() throws Exception {
        TestClient known = gateway.client();
        String theirs = "198.51.100.7";
        assertThat(from(theirs, known.key())).isEqualTo(200);
        TestClient unknownHere = gateway.client();
        for (int i = 0; i < 5; i++) {
            assertThat(from(theirs, wrongKey())).isEqualTo(401);
        }
        double lookups = gateway.metric("registry_lookups_total{result=\"miss\",tier=\"store\"}");

        assertThat(from(theirs, wrongKey())).isEqualTo(429);
        assertThat(from(theirs, unknownHere.key())).as("not known here yet").isEqualTo(429);
        assertThat(gateway.metric("registry_lookups_total{result=\"miss\",tier=\"store\"}"))
                .isEqualTo(lookups);
        assertThat(from(theirs, known.key())).as("known here").isEqualTo(200);
        assertThat(from("198.51.100.8", wrongKey())).as("somebody else").isEqualTo(401);
        await().atMost(Duration.ofSeconds(5)).until(() -> from(theirs, unknownHere.key()) == 200);
    }

    @Test
    void administratorsSeeAndResetLimits() throws Exception {
        TestClient client = limited("rate_limit = 10");
        for (int i = 0; i < 10; i++) {
            assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
        }
        assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(429);
        String path = "/limits/client:" + client.id();

        JsonObject shown = admin.get(path).json();
        assertThat(shown.getJsonArray("limits")).hasSize(2);
        JsonObject own = shown.getJsonArray("limits").stream()
                .map(each -> (JsonObject) each)
                .filter(each -> each.getString("policy").equals("client"))
                .findFirst()
                .orElseThrow();
        assertThat(own.getInteger("quota")).isEqualTo(10);
        assertThat(own.getInteger("left")).isZero();
        assertThat(own.getInteger("next_in_ms")).isBetween(50_000, 61_500);
        JsonObject explained = admin.post("/explain", new JsonObject().put("client_id", client.id()))
                .json();
        assertThat(explained.getJsonArray("steps").encode()).contains("\"step\":\"limits\"", "client: 0 of 10 left");

        AdminCalls.Answer reset = admin.call("DELETE", path, null, "X-Actor", "ada");
        assertThat(reset.status()).as(reset.toString()).isEqualTo(200);
        assertThat(gateway.withKey(client.key()).statusCode()).isEqualTo(200);
        JsonObject audited = admin.get("/audit?entity=limits:client:" + client.id())
                .json()
                .getJsonArray("entries")
                .getJsonObject(0);
        assertThat(audited.getString("action")).isEqualTo("limits.reset");
        assertThat(audited.getString("actor")).isEqualTo("ada");
        assertThat(admin.get("/limits/nothing:at-all").json().getJsonArray("limits"))
                .isEmpty();
    }

    @Test
    void anUnlimitedClientHearsNothingOfLimits() throws Exception {
        HttpResponse<String> answer = gateway.withKey(gateway.client().key());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("RateLimit")).isEmpty();
    }

    private static TestClient limited(String set) throws Exception {
        TestClient client = gateway.client();
        gateway.sql("UPDATE client_registry.clients SET " + set + " WHERE client_id = '" + client.id() + "'");
        return client;
    }

    private static String wrongKey() {
        return ApiKey.generate("test", new SecureRandom());
    }

    private static int from(String address, String key) throws Exception {
        return gateway.auth("X-API-Key", key, "X-Forwarded-For", address).statusCode();
    }

    private static HttpResponse<String> get(String path, TestClient client) throws Exception {
        return HTTP.send(gateway.request(path, "X-API-Key", client.key()), HttpResponse.BodyHandlers.ofString());
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }
}
