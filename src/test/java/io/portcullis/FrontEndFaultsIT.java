package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.ingress.LimitedGateway;
import io.portcullis.testing.ProxyProcess;
import io.portcullis.testing.RawHttp;
import io.portcullis.testing.RecordingUpstream;
import io.portcullis.testing.TcpProxy;
import io.portcullis.testing.TestServers;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Behind each proxy: what fails is 503 and what is too much is 429, never "wrong key" and never an open door. */
class FrontEndFaultsIT {

    private static final String KEY = "X-API-Key: pk_test_" + "a".repeat(36);

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NGINX_THAT_PASSES_EVERYTHING")
    void tooManyRequestsAre429AndWhenToComeAgain(RealProxy kind) throws Exception {
        FrontEnd frontEnd = kind.frontEnd();
        try (LimitedGateway gateway = new LimitedGateway();
                RecordingUpstream upstream = new RecordingUpstream();
                ProxyProcess proxy = frontEnd.start(gateway.port(), upstream.port())) {
            for (int i = 0; i < 20; i++) {
                String answer = get(proxy, KEY);

                problem(answer, 429, 65010);
                assertThat(answer.toLowerCase(Locale.ROOT)).contains("\r\nretry-after: 7\r\n");
            }
            assertThat(upstream.take()).isEmpty();
            assertThat(gateway.connections())
                    .as("connections to the gateway are kept")
                    .isLessThanOrEqualTo(4);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NGINX_THAT_PASSES_EVERYTHING")
    void aDatabaseThatIsAwayIs503(RealProxy kind) throws Exception {
        FrontEnd frontEnd = kind.frontEnd();
        String database = TestServers.freshDatabaseUrl();
        URI server = URI.create(database);
        try (TcpProxy way = TcpProxy.to(server.getHost(), server.getPort());
                TestGateway gateway = TestGateway.startBehind(
                        way.port(), database, Map.of("PORTCULLIS_SERVER_REQUEST_TIMEOUT", "1s"));
                RecordingUpstream upstream = new RecordingUpstream();
                ProxyProcess proxy = frontEnd.start(gateway.port(), upstream.port())) {
            String known = "X-API-Key: " + gateway.client().key();
            String unknown = "X-API-Key: " + gateway.client().key();
            assertThat(get(proxy, known)).startsWith("HTTP/1.1 200");
            upstream.take();
            way.cut();

            String answer = get(proxy, unknown);

            problem(answer, 503, 65011);
            assertThat(answer.toLowerCase(Locale.ROOT)).contains("\r\nretry-after: 1\r\n");
            assertThat(upstream.take()).isEmpty();
            assertThat(get(proxy, known)).as("known keys go on").startsWith("HTTP/1.1 200");
            way.heal();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NGINX_THAT_PASSES_EVERYTHING")
    void aGatewayThatIsAwayIs503(RealProxy kind) throws Exception {
        FrontEnd frontEnd = kind.frontEnd();
        try (RecordingUpstream upstream = new RecordingUpstream();
                ProxyProcess proxy = frontEnd.start(ProxyProcess.freePort(), upstream.port())) {
            String answer = get(proxy, KEY, "X-Portcullis: allowed", "X-Client-Id: me");

            problem(answer, 503, 65015);
            assertThat(answer.toLowerCase(Locale.ROOT)).contains("\r\nretry-after: 1\r\n");
            assertThat(upstream.take()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NGINX_THAT_PASSES_EVERYTHING")
    void aGatewayThatDoesNotAnswerIs503(RealProxy kind) throws Exception {
        FrontEnd frontEnd = kind.frontEnd();
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                RecordingUpstream upstream = new RecordingUpstream();
                ProxyProcess proxy = frontEnd.start(silent.getLocalPort(), upstream.port())) {
            long start = System.nanoTime();

            String answer = get(proxy, KEY);

            problem(answer, 503, 65015);
            // HAProxy 2.6 tries four times, and has no setting for it.
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(Duration.ofSeconds(kind == RealProxy.HAPROXY ? 16 : 9));
            assertThat(upstream.take()).isEmpty();
        }
    }

    /** Somebody else listens there: whatever it answers, it is no allow, and no word about anybody's key. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NGINX_THAT_PASSES_EVERYTHING")
    void somebodyElseInTheGatewaysPlaceLetsNobodyInByAnError(RealProxy kind) throws Exception {
        FrontEnd frontEnd = kind.frontEnd();
        try (TestGateway gateway = TestGateway.start(Map.of());
                RecordingUpstream upstream = new RecordingUpstream();
                ProxyProcess proxy = frontEnd.start(gateway.managementPort(), upstream.port())) {
            assertThat(get(proxy, KEY)).containsPattern("^HTTP/1.1 (404|503) ");
            assertThat(upstream.take()).isEmpty();
        }
    }

    private static String get(ProxyProcess proxy, String... headers) throws Exception {
        try (RawHttp caller = new RawHttp(proxy.port(), Duration.ofSeconds(20))) {
            return caller.send(FrontEndContract.request("/", headers)).answer();
        }
    }

    private static void problem(String answer, int status, int code) {
        assertThat(answer).startsWith("HTTP/1.1 " + status);
        assertThat(answer.toLowerCase(Locale.ROOT))
                .contains("content-type: application/problem+json")
                .contains("cache-control: no-store");
        JsonObject problem = new JsonObject(answer.substring(answer.indexOf("\r\n\r\n") + 4));
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(problem.getInteger("code")).isEqualTo(code);
    }
}
