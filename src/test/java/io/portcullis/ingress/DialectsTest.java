package io.portcullis.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.auth.CredentialScheme;
import io.portcullis.auth.Credentials;
import io.portcullis.auth.Decision;
import io.portcullis.testing.RawHttp;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each dialect makes of a decision, byte for byte on a socket. */
class DialectsTest {

    private static final Set<CredentialScheme> SCHEMES = EnumSet.allOf(CredentialScheme.class);

    private final Vertx vertx = Vertx.vertx();
    private Duration proxyCache = Duration.ZERO;
    private boolean stale;
    private @Nullable Problem problem;

    @AfterEach
    void stop() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @Test
    void plainSaysOnlyWhatThereIs() throws Exception {
        String answer = ask("/auth", "X-API-Key: k");

        assertThat(answer)
                .startsWith("HTTP/1.1 200")
                .contains("X-Client-Id: id\r\n", "X-Client-Code: code\r\n", "X-Request-Id: an-id\r\n")
                .doesNotContain("X-Tenant-Id", "Authorization", "X-Auth", "x-envoy", "X-Accel");
    }

    @Test
    void traefikGetsEveryNameAndTheEndUsersToken() throws Exception {
        String answer = ask("/auth/traefik", "X-API-Key: k", "Authorization: Bearer eyJ.x");

        assertThat(answer)
                .contains("X-Client-Id: id\r\n", "X-Tenant-Id: \r\n", "X-User-Id: \r\n", "X-Key-Id: \r\n")
                .contains("X-Scopes: \r\n", "X-Bap-Id: \r\n", "X-Bap-Uri: \r\n", "X-Auth-Stale: \r\n")
                .contains("uthorization: Bearer eyJ.x\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ApiKey k", "Bearer pk_live_x", "Basic YTpi", "apikey k"})
    void noCredentialOfOursGoesBackInAnAnswer(String authorization) throws Exception {
        assertThat(ask("/auth/traefik", "Authorization: " + authorization)).contains("uthorization: \r\n");
        assertThat(ask("/auth/nginx", "Authorization: " + authorization)).doesNotContain("X-Auth-Pass");
        assertThat(removed("Authorization: " + authorization)).contains("x-api-key", "authorization");
    }

    @Test
    void nginxIsToldThatATokenIsTheEndUsers() throws Exception {
        assertThat(ask("/auth/nginx", "X-API-Key: k", "Authorization: Bearer eyJ.x"))
                .contains("X-Auth-Pass: authorization\r\n")
                .doesNotContain("eyJ.x");
        assertThat(ask("/auth/nginx", "X-API-Key: k")).doesNotContain("X-Auth-Pass");
    }

    @Test
    void envoyIsToldWhatToTakeOut() throws Exception {
        assertThat(removed("X-API-Key: k", "Authorization: Bearer eyJ.x"))
                .containsExactlyInAnyOrder(
                        "x-api-key",
                        "x-tenant-id",
                        "x-user-id",
                        "x-key-id",
                        "x-scopes",
                        "x-bap-id",
                        "x-bap-uri",
                        "x-auth-stale");
        assertThat(ask("/auth/envoy/v1/things?a=b", "X-API-Key: k"))
                .contains("X-Client-Id: id\r\n", "X-Tenant-Id: \r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "/auth, 429, 429",
        "/auth, 503, 503",
        "/auth/traefik, 429, 429",
        "/auth/envoy/x, 429, 429",
        "/auth/envoy/x, 503, 503",
        "/auth/nginx, 400, 403",
        "/auth/nginx, 401, 401",
        "/auth/nginx, 403, 403",
        "/auth/nginx, 429, 403",
        "/auth/nginx, 500, 403",
        "/auth/nginx, 503, 403"
    })
    void eachStatusReachesTheFrontEndInAFormItKnows(String path, int status, int seen) throws Exception {
        problem = new Problem(65010, status, "Something", status == 429 ? 7 : status == 503 ? 1 : 0);

        String answer = ask(path, "X-API-Key: k");

        assertThat(answer).startsWith("HTTP/1.1 " + seen).contains("no-store").doesNotContain("X-Accel", "max-age");
        assertThat(answer.contains("Retry-After: 7")).isEqualTo(status == 429);
        assertThat(answer.contains("Retry-After: 1")).isEqualTo(status == 503);
        String json = path.equals("/auth/nginx")
                ? header(answer, "X-Auth-Problem")
                : answer.substring(answer.indexOf("\r\n\r\n") + 4);
        assertThat(new JsonObject(Objects.requireNonNull(json)).getInteger("status"))
                .isEqualTo(status);
        if (path.equals("/auth/nginx")) {
            assertThat(header(answer, "X-Auth-Status")).isEqualTo(String.valueOf(status));
            assertThat(header(answer, "X-Auth-Reason")).isEqualTo("65010");
            assertThat(answer)
                    .as("nginx leaves a body unread, and the connection with it")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void nginxMayKeepAnAllowForTheConfiguredSecond() throws Exception {
        proxyCache = Duration.ofSeconds(1);

        String answer = ask("/auth/nginx", "X-API-Key: k");

        assertThat(answer)
                .contains("X-Accel-Expires: 1\r\n")
                .contains("private, max-age=1\r\n")
                .containsIgnoringCase("vary: X-API-Key, X-Client-Id, Authorization, X-Forwarded-For\r\n")
                .doesNotContain("no-store");
        assertThat(answer.indexOf("X-Accel-Expires"))
                .as("nginx before 1.23 goes by the first")
                .isLessThan(answer.indexOf("max-age"));
    }

    @Test
    void nobodyKeepsWhatNothingCouldConfirm() throws Exception {
        proxyCache = Duration.ofSeconds(1);
        stale = true;

        assertThat(ask("/auth/nginx", "X-API-Key: k"))
                .contains("X-Auth-Stale: true\r\n")
                .contains("no-store")
                .doesNotContain("X-Accel-Expires", "max-age");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/auth", "/auth/traefik", "/auth/envoy/x"})
    void nobodyElseMayKeepAnything(String path) throws Exception {
        proxyCache = Duration.ofSeconds(1);

        assertThat(ask(path, "X-API-Key: k")).contains("no-store").doesNotContain("X-Accel-Expires", "max-age");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/auth/", "/authx", "/auth/nginx/", "/auth/envoy", "/auth/envoyx", "/AUTH"})
    void otherPathsAreNobodys(String path) {
        assertThat(new Dialects(new Answers(SCHEMES), new Credentials(SCHEMES), Duration.ZERO).at(path))
                .isNull();
    }

    private Set<String> removed(String... headers) throws Exception {
        String value = header(ask("/auth/envoy/v1", headers), "x-envoy-auth-headers-to-remove");
        return Set.of(Objects.requireNonNull(value).toLowerCase(Locale.ROOT).split(","));
    }

    private String ask(String path, String... headers) throws Exception {
        Dialects dialects = new Dialects(new Answers(SCHEMES), new Credentials(SCHEMES), proxyCache);
        Client client = new Client(
                "id",
                "code",
                null,
                null,
                null,
                null,
                null,
                AddressRules.ANY,
                null,
                ClientStatus.ACTIVE,
                null,
                null,
                1,
                null);
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request -> {
                    Dialect dialect = Objects.requireNonNull(dialects.at(request.path()));
                    if (problem == null) {
                        dialect.allow(
                                request.response(),
                                new Decision.Allowed(client, null, stale),
                                new RequestHead(request),
                                "an-id");
                    } else {
                        dialect.problem(request.response(), problem, "an-id");
                    }
                })
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
        try (RawHttp connection = new RawHttp(server.actualPort())) {
            return connection
                    .send("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + String.join("\r\n", headers) + "\r\n\r\n")
                    .answer();
        }
    }

    private static @Nullable String header(String answer, String name) {
        for (String line : answer.split("\r\n", -1)) {
            if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
                return line.substring(name.length() + 1).trim();
            }
        }
        return null;
    }
}
