package io.portcullis.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.listFeeder;
import static io.gatling.javaapi.core.CoreDsl.regex;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.header;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.CheckBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * {@code /auth} as a fleet of proxies uses it: many good keys, some wrong ones, some requests with none, each at a rate of its own whatever
 * the answers take (open model). Every answer has to be the one its kind of credential is due.
 *
 * <p>System properties: {@code portcullis.url} (http://127.0.0.1:8080), {@code portcullis.keys} (see {@link Keys}), {@code
 * portcullis.seconds} (30), and the rates in requests a second: {@code portcullis.good} (500), {@code portcullis.mistyped} (20), {@code
 * portcullis.unknown} (5: such failures count against their address), {@code portcullis.missing} (20).
 */
public final class AuthSimulation extends Simulation {

    private static final int INVALID_CREDENTIALS = 65001;
    private static final int MISSING_CREDENTIALS = 65002;

    private final Duration length = Duration.ofSeconds(Integer.getInteger("portcullis.seconds", 30));

    public AuthSimulation() {
        HttpProtocolBuilder gateway = http.baseUrl(System.getProperty("portcullis.url", "http://127.0.0.1:8080"))
                .shareConnections()
                .disableCaching()
                .disableFollowRedirect();
        Keys keys = Keys.load();
        List<Kind> kinds = Stream.of(
                        new Kind("good", 500, keys.good(), allowed()),
                        new Kind("mistyped", 20, keys.mistyped(), refused(INVALID_CREDENTIALS)),
                        new Kind("unknown", 5, keys.unknown(), refused(INVALID_CREDENTIALS)),
                        new Kind("missing", 20, List.of(""), refused(MISSING_CREDENTIALS)))
                .filter(Kind::isAsked)
                .toList();
        setUp(kinds.stream().map(kind -> kind.population(length)).toList())
                .protocols(gateway)
                .maxDuration(length.plusSeconds(60))
                .assertions(kinds.stream()
                        .map(kind -> details(kind.name)
                                .successfulRequests()
                                .percent()
                                .is(100.0))
                        .toList());
    }

    private static List<CheckBuilder> allowed() {
        return List.of(status().is(200), header("X-Client-Id").exists());
    }

    /** Problem details (RFC 9457) with our code. */
    private static List<CheckBuilder> refused(int code) {
        return List.of(
                status().is(401), regex("\"code\"\\s*:\\s*" + code + "\\b").exists());
    }

    /** Requests that are due the same answer, at {@code defaultRate} a second or what the system property of their name says. */
    private record Kind(String name, int defaultRate, List<String> keys, List<CheckBuilder> checks) {

        boolean isAsked() {
            return rate() > 0 && !keys.isEmpty();
        }

        PopulationBuilder population(Duration length) {
            List<Map<String, Object>> records =
                    keys.stream().map(key -> Map.<String, Object>of("key", key)).toList();
            return scenario(name)
                    .feed(listFeeder(records).circular())
                    .exec(request())
                    .injectOpen(constantUsersPerSec(rate()).during(length));
        }

        private HttpRequestActionBuilder request() {
            HttpRequestActionBuilder request = http(name).get("/auth").check(checks);
            return keys.get(0).isEmpty() ? request : request.header("X-API-Key", "#{key}");
        }

        private int rate() {
            return Integer.getInteger("portcullis." + name, defaultRate);
        }
    }
}
