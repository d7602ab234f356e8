package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.TestGateway.TestClient;
import io.portcullis.auth.ApiKey;
import io.portcullis.auth.Pepper;
import io.portcullis.auth.SecretHash;
import io.portcullis.auth.SlowHash;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The main job over real HTTP, real PostgreSQL and real Redis: every outcome, one test each. */
class AuthenticationIT {

    private static @Nullable TestGateway started;

    @BeforeAll
    static void start() throws Exception {
        started = TestGateway.start(
                Map.of("PORTCULLIS_FRESHNESS_LEASE", "1s", "PORTCULLIS_AUTH_TRUSTED_PROXIES", "127.0.0.1"));
    }

    @AfterAll
    static void stop() {
        gateway().close();
    }

    @Test
    void aRealKeyGets200WithTheCallersIdentity() throws Exception {
        TestClient client = gateway().client();
        gateway()
                .sql(
                        "UPDATE client_registry.clients SET tenant_id = 'acme', owner_user_id = 'u-1', bap_id = 'bap', bap_uri = 'https://bap.example',"
                                + " scopes = '{read,write}' WHERE client_id = '" + client.id() + "'");

        HttpResponse<String> answer = gateway().withKey(client.key());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(header(answer, "X-Client-Id")).isEqualTo(client.id());
        assertThat(header(answer, "X-Client-Code")).isEqualTo("code");
        assertThat(header(answer, "X-Tenant-Id")).isEqualTo("acme");
        assertThat(header(answer, "X-User-Id")).isEqualTo("u-1");
        assertThat(header(answer, "X-Bap-Id")).isEqualTo("bap");
        assertThat(header(answer, "X-Bap-Uri")).isEqualTo("https://bap.example");
        assertThat(header(answer, "X-Scopes")).isEqualTo("read write");
        assertThat(UUID.fromString(header(answer, "X-Key-Id"))).isNotNull();
        assertThat(header(answer, "X-Request-Id")).isNotEmpty();
        assertThat(answer.headers().firstValue("X-Auth-Stale")).isEmpty();
        assertThat(answer.body()).isEmpty();
    }

    @Test
    void everySchemeLeadsToTheSameClient() throws Exception {
        TestClient client = gateway().client();

        assertThat(gateway().auth("Authorization", "ApiKey " + client.key()).statusCode())
                .isEqualTo(200);
        assertThat(gateway().auth("Authorization", "Bearer " + client.key()).statusCode())
                .isEqualTo(200);
        assertThat(gateway()
                        .auth("Authorization", basic(client.id(), client.key()))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aClientsOwnSecretIsAccepted() throws Exception {
        TestClient client = gateway().client();
        gateway()
                .sql("UPDATE client_registry.clients SET api_key_hash = '"
                        + SecretHash.of("s3cret", new Pepper(TestGateway.PEPPER)) + "' WHERE client_id = '"
                        + client.id() + "'");

        HttpResponse<String> answer = gateway().auth("Authorization", basic(client.id(), "s3cret"));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("X-Key-Id")).isEmpty();
        refused(gateway().auth("Authorization", basic(client.id(), "wrong")), 401, 65001);
        refused(gateway().auth("Authorization", basic(UUID.randomUUID().toString(), "s3cret")), 401, 65001);
    }

    @Test
    void anIdWithAKeyOrASecretIsThatClient() throws Exception {
        TestClient client = gateway().client();
        TestClient other = gateway().client();
        gateway()
                .sql("UPDATE client_registry.clients SET api_key_hash = '"
                        + SecretHash.of("s3cret", new Pepper(TestGateway.PEPPER)) + "' WHERE client_id = '"
                        + client.id() + "'");

        assertThat(gateway()
                        .auth("X-Client-Id", client.id(), "X-API-Key", client.key())
                        .statusCode())
                .isEqualTo(200);
        assertThat(gateway()
                        .auth("X-Client-Id", client.id(), "X-API-Key", "s3cret")
                        .statusCode())
                .isEqualTo(200);
        refused(gateway().auth("X-Client-Id", other.id(), "X-API-Key", client.key()), 401, 65001);
        refused(gateway().auth("X-Client-Id", other.id(), "X-API-Key", "s3cret"), 401, 65001);
        refused(gateway().auth("X-Client-Id", client.id()), 401, 65002);
        refused(
                gateway().auth("X-Client-Id", client.id(), "X-Client-Id", client.id(), "X-API-Key", client.key()),
                400,
                65003);
    }

    @Test
    void anIdThatAnybodyMaySendDoesNotHarmAKeyElsewhere() throws Exception {
        TestClient client = gateway().client();

        assertThat(gateway()
                        .auth(
                                "Authorization",
                                "ApiKey " + client.key(),
                                "X-Client-Id",
                                "forged",
                                "X-Client-Id",
                                "twice")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aCredentialInTheQueryIsRefusedWhateverElseThereIs() throws Exception {
        TestClient client = gateway().client();

        for (String query : new String[] {"k=" + client.key(), "api_key=1", "%61pi_key=1"}) {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            gateway().request("/auth?" + query, "X-API-Key", client.key()),
                            HttpResponse.BodyHandlers.ofString());
            refused(answer, 400, 65008);
        }
        assertThat(HttpClient.newHttpClient()
                        .send(
                                gateway().request("/auth?page=2", "X-API-Key", client.key()),
                                HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void hashesOfOtherSystemsAreCheckedOnceAndThenKnown() throws Exception {
        for (String hash : new String[] {
            SlowHash.bcrypt("s3cret", new SecureRandom()), "argon2id:" + SlowHash.argon2id("s3cret", new SecureRandom())
        }) {
            TestClient client = gateway().client();
            gateway()
                    .sql("UPDATE client_registry.clients SET client_secret_hash = '" + hash + "' WHERE client_id = '"
                            + client.id() + "'");
            double before = gateway().metric("slow_hashes_total{result=\"matched\"}");

            for (int i = 0; i < 3; i++) {
                assertThat(gateway()
                                .auth("Authorization", basic(client.id(), "s3cret"))
                                .statusCode())
                        .isEqualTo(200);
            }

            assertThat(gateway().metric("slow_hashes_total{result=\"matched\"}"))
                    .isEqualTo(before + 1);
            refused(gateway().auth("Authorization", basic(client.id(), "wrong")), 401, 65001);
        }
    }

    @Test
    void unknownMistypedRevokedAndExpiredAreOneAnswer() throws Exception {
        TestClient revokedKey = gateway().client();
        gateway()
                .sql("UPDATE client_registry.client_keys SET status = 'REVOKED' WHERE client_id = '" + revokedKey.id()
                        + "'");
        TestClient expired = gateway().client();
        gateway()
                .sql(
                        "UPDATE client_registry.client_keys SET expires_at = now() - interval '1 second' WHERE client_id = '"
                                + expired.id() + "'");
        TestClient early = gateway().client();
        gateway()
                .sql("UPDATE client_registry.client_keys SET not_before = now() + interval '1 hour' WHERE client_id = '"
                        + early.id() + "'");
        String unknown = ApiKey.generate("test", new SecureRandom());

        for (String key : new String[] {
            revokedKey.key(),
            expired.key(),
            early.key(),
            gateway().client("REVOKED").key(),
            unknown,
            unknown + "x",
            "abc"
        }) {
            refused(gateway().withKey(key), 401, 65001);
        }
    }

    @Test
    void noCredentialIsMissingAndAnotherOnesTokenIsNone() throws Exception {
        refused(gateway().auth(), 401, 65002);
        refused(gateway().auth("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."), 401, 65002);
        assertThat(header(gateway().auth(), "WWW-Authenticate")).contains("ApiKey");
    }

    @Test
    void twoCredentialsAreAmbiguous() throws Exception {
        TestClient one = gateway().client();
        TestClient other = gateway().client();

        refused(gateway().auth("X-API-Key", one.key(), "Authorization", "ApiKey " + other.key()), 400, 65003);
        refused(gateway().auth("X-API-Key", one.key(), "X-API-Key", other.key()), 400, 65003);
    }

    @ParameterizedTest
    @CsvSource({"PENDING", "SUSPENDED", "REJECTED"})
    void aClientThatIsNotActiveIsToldSo(String status) throws Exception {
        refused(gateway().withKey(gateway().client(status).key()), 403, 65004);
    }

    @Test
    void aRowThatCannotBeServedIsRefused() throws Exception {
        TestClient client = gateway().client();
        gateway()
                .sql(
                        "UPDATE client_registry.clients SET client_code = E'a\\r\\nX-Client-Id: forged' WHERE client_id = '"
                                + client.id() + "'");

        refused(gateway().withKey(client.key()), 403, 65004);
    }

    @Test
    void theAddressMustBeAllowedAndATrustedProxySaysWhichItIs() throws Exception {
        TestClient client = gateway().client();
        gateway()
                .sql("UPDATE client_registry.clients SET allowed_ips = '{203.0.113.0/24}' WHERE client_id = '"
                        + client.id() + "'");

        refused(gateway().withKey(client.key()), 403, 65005);
        assertThat(gateway()
                        .auth("X-API-Key", client.key(), "X-Forwarded-For", "203.0.113.7")
                        .statusCode())
                .isEqualTo(200);
        refused(gateway().auth("X-API-Key", client.key(), "X-Forwarded-For", "203.0.113.7, 198.51.100.1"), 403, 65005);
        refused(gateway().auth("X-API-Key", client.key(), "X-Forwarded-For", "nonsense"), 403, 65005);
    }

    @Test
    void aChangeByPlainSqlCountsWithinTheLease() throws Exception {
        TestClient client = gateway().client();
        assertThat(gateway().withKey(client.key()).statusCode()).isEqualTo(200);

        gateway()
                .sql("UPDATE client_registry.clients SET status = 'SUSPENDED' WHERE client_id = '" + client.id() + "'");

        await().atMost(Duration.ofSeconds(3))
                .untilAsserted(() -> refused(gateway().withKey(client.key()), 403, 65004));
    }

    @Test
    void aKeyThatIsMadeAfterItWasTriedWorksWithinASecond() throws Exception {
        TestClient client = gateway().client();
        String later = ApiKey.generate("test", new SecureRandom());
        refused(gateway().withKey(later), 401, 65001);

        gateway().key(client.id(), later);

        await().atMost(Duration.ofSeconds(3))
                .untilAsserted(
                        () -> assertThat(gateway().withKey(later).statusCode()).isEqualTo(200));
    }

    @Test
    void aCallersRequestIdIsKeptIfItIsPlain() throws Exception {
        String key = gateway().client().key();

        assertThat(header(gateway().auth("X-API-Key", key, "X-Request-Id", "abc-1.2:3"), "X-Request-Id"))
                .isEqualTo("abc-1.2:3");
        assertThat(header(gateway().auth("X-API-Key", key, "X-Request-Id", "\"},{\"a\":\""), "X-Request-Id"))
                .matches("[0-9a-f]{16}");
    }

    @Test
    void otherPathsAreNotThere() throws Exception {
        HttpResponse<String> answer = java.net.http.HttpClient.newHttpClient()
                .send(gateway().request("/other"), HttpResponse.BodyHandlers.ofString());

        refused(answer, 404, 65019);
    }

    @Test
    void theManagementPortServesMetricsHealthAndNothingWithoutItsToken() throws Exception {
        gateway().withKey(gateway().client().key());

        assertThat(gateway().management("/metrics").body())
                .contains(
                        "auth_requests_total",
                        "registry_lookups_total",
                        "redis_operations_duration_seconds",
                        "jvm_memory_used_bytes");
        assertThat(gateway().management("/health/live").statusCode()).isEqualTo(200);
        assertThat(new JsonObject(gateway().management("/health/ready").body()).getString("status"))
                .isEqualTo("up");
        refused(gateway().management("/admin/v1/status"), 401, 65001);
        refused(gateway().management("/admin/v1/status", "Authorization", "Bearer wrong"), 401, 65001);
        assertThat(gateway()
                        .management("/admin/v1/status", "Authorization", "Bearer " + TestGateway.TOKEN)
                        .statusCode())
                .isEqualTo(200);
        refused(gateway().management("/nowhere"), 404, 65019);
    }

    private static TestGateway gateway() {
        return Objects.requireNonNull(started);
    }

    private static String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElseThrow();
    }

    /** The problem document agrees with the status line and says nothing else. */
    private static void refused(HttpResponse<String> answer, int status, int code) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(header(answer, "Content-Type")).isEqualTo("application/problem+json");
        JsonObject problem = new JsonObject(answer.body());
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(problem.getInteger("code")).isEqualTo(code);
        assertThat(problem.getString("title")).isNotEmpty();
        assertThat(header(answer, "Cache-Control")).isEqualTo("no-store");
        assertThat(answer.headers().firstValue("X-Client-Id")).isEmpty();
    }

    private static String basic(String id, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.ISO_8859_1));
    }
}
