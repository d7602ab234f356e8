package io.portcullis.upstream;

import static io.portcullis.upstream.UpstreamFixture.BREAKER;
import static io.portcullis.upstream.UpstreamFixture.LONG;
import static io.portcullis.upstream.UpstreamFixture.NO_BREAKER;
import static io.portcullis.upstream.UpstreamFixture.failure;
import static io.portcullis.upstream.UpstreamFixture.outcome;
import static io.portcullis.upstream.UpstreamFixture.result;
import static io.portcullis.upstream.UpstreamFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.UserServiceStandIn;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One service over HTTP. The comment at a test names the guard without which it was seen to fail. */
class UpstreamTest {

    private static final Duration SHORT = Duration.ofMillis(100);
    private static final String TOKEN = "tok-5uper5ecret";
    private static final String USER = "/users/" + UserServiceStandIn.id(7);

    private final UserServiceStandIn service = new UserServiceStandIn(0, 100, TOKEN);
    private final RoomLog log = new RoomLog();

    @AfterEach
    void close() {
        log.close();
        service.close();
    }

    // --- answers

    @Test
    void asksBelowTheBaseUrlWithTheToken() {
        try (UpstreamFixture upstream = to(LONG)) {
            assertThat(result(upstream.get(USER, LONG))).isEqualTo(200);
        }
        assertThat(service.requests("/api/v1" + USER)).isEqualTo(1);
    }

    // The verdict ANSWERED of a 4xx: with FAILED it opened.
    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 409, 429})
    void a4xxIsAnAnswerThatDoesNotTripAndIsNotRepeated(int status) {
        service.fail("status", status);
        try (UpstreamFixture upstream = to(LONG)) {
            for (int i = 0; i < 40; i++) {
                assertThat(failure(upstream.get(USER, LONG)))
                        .isInstanceOf(UpstreamException.Faulty.class)
                        .hasMessage("played: status " + status);
            }
            assertThat(upstream.upstream.state()).isEqualTo(BreakerState.CLOSED);
            assertThat(upstream.count(Outcome.CLIENT_ERROR)).isEqualTo(40);
        }
        assertThat(service.requests()).isEqualTo(40);
    }

    @Test
    void whatIsNotThereIsAnAnswer() {
        try (UpstreamFixture upstream = to(LONG)) {
            for (int i = 0; i < 40; i++) {
                assertThat(result(upstream.get("/users/nobody", LONG))).isEqualTo(404);
            }
            assertThat(upstream.upstream.state()).isEqualTo(BreakerState.CLOSED);
            assertThat(upstream.count(Outcome.OK)).isEqualTo(40);
        }
    }

    // --- time

    // The reset in giveUp: without it the server waited on.
    @Test
    void aRequestThatTakesTooLongIsReset() {
        service.fail("hang", true);
        try (UpstreamFixture upstream = to(SHORT)) {
            assertThat(outcome(upstream.get(USER, SHORT))).isEqualTo(Outcome.TIMEOUT);
            await().until(() -> service.abandoned() == 1);
            assertThat(log.lines()).isEmpty();
        }
    }

    @Test
    void aRequestIsResetAtTheCallersDeadlineAndAnImpatientCallerSaysNothingOfTheService() {
        service.fail("hang", true);
        try (UpstreamFixture upstream = to(LONG)) {
            long began = System.nanoTime();
            List<Future<Integer>> calls = upstream.getAll(8, USER, SHORT);
            calls.forEach(call -> assertThat(outcome(call)).isEqualTo(Outcome.TIMEOUT));
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
            await().until(() -> service.abandoned() == 8);
            for (int i = 0; i < 3; i++) {
                upstream.getAll(8, USER, SHORT)
                        .forEach(call -> assertThat(outcome(call)).isEqualTo(Outcome.TIMEOUT));
            }
            assertThat(upstream.upstream.state()).isEqualTo(BreakerState.CLOSED);
        }
    }

    // Half of the limit: where each call that its caller gave up counted for nothing, it was never found out.
    @Test
    void aServiceThatHangsIsFoundOutAlsoWhereDeadlinesAreALittleShorterThanItsLimit() {
        service.fail("hang", true);
        try (UpstreamFixture upstream = to(Duration.ofMillis(150))) {
            for (int i = 0; i < 3; i++) {
                upstream.getAll(8, USER, SHORT)
                        .forEach(call -> assertThat(outcome(call)).isNotEqualTo(Outcome.OK));
            }
            assertThat(upstream.upstream.state()).isNotEqualTo(BreakerState.CLOSED);
        }
    }

    @Test
    void whoComesTooLateIsNotAskedFor() {
        try (UpstreamFixture upstream = to(LONG)) {
            assertThat(outcome(upstream.get(USER, Duration.ofMillis(-1)))).isEqualTo(Outcome.TIMEOUT);
        }
        assertThat(service.requests()).isZero();
    }

    // The bound of the queue: without it the last ones waited for their time-out.
    @Test
    void moreThanMayWaitFailAtOnce() {
        service.fail("hang", true);
        try (UpstreamFixture upstream = to(LONG)) {
            List<Future<Integer>> calls = upstream.getAll(8 + 8 * 32 + 50, USER, Duration.ofSeconds(3));
            // Up to eight more where connections are still being opened: who waits for those waits, too.
            await().atMost(Duration.ofSeconds(2))
                    .until(() -> calls.stream().filter(Future::failed).count() >= 50);
            assertThat(calls.stream().filter(Future::failed)).hasSizeBetween(50, 58);
            assertThat(calls.stream().filter(Future::failed))
                    .allSatisfy(call -> assertThat(outcome(call)).isEqualTo(Outcome.REJECTED));
            await().until(() -> service.requests() == 8);
            calls.forEach(call -> assertThat(outcome(call)).isNotEqualTo(Outcome.OK));
        }
    }

    // --- bodies

    // The limit in take: without it all of it came in.
    @Test
    void aBodyThatIsTooLargeIsRefusedWhileItComes() {
        service.fail("oversize_bytes", 1_000_000_000);
        try (UpstreamFixture upstream = to(LONG)) {
            assertThat(failure(upstream.get(USER, LONG)))
                    .hasMessage("played: malformed answer, more than 1000000 bytes");
            await().until(() -> service.abandoned() == 1);
            assertThat(service.oversizeSent()).as("what is under way included").isLessThan(100_000_000);
            assertThat(upstream.count(Outcome.MALFORMED)).isEqualTo(1);
        }
    }

    // The limit in receive: without it the million bytes that were announced had to come first.
    @Test
    void aBodyThatIsAnnouncedAsTooLargeIsRefusedBeforeItComes() {
        service.fail("body", "x".repeat(2_000_000));
        try (UpstreamFixture upstream = to(LONG)) {
            assertThat(outcome(upstream.get(USER, LONG))).isEqualTo(Outcome.MALFORMED);
        }
        assertThat(service.requests()).isEqualTo(1);
    }

    @Test
    void anAnswerThatBreaksOffIsALostConnection() {
        service.fail("truncated", true);
        try (UpstreamFixture upstream = to(LONG)) {
            assertThat(failure(upstream.get(USER, LONG)))
                    .isInstanceOf(UpstreamException.Unavailable.class)
                    .hasMessageContaining("connection lost")
                    .satisfies(failure -> assertThat(failure.getStackTrace()).isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 two hundred\r\n\r\n",
                "220 mail.example.org ESMTP\r\n",
                "HTTP/1.1 101 Switching Protocols\r\n\r\n"
            })
    void whatIsNoHttpIsMalformed(String bytes) {
        Vertx vertx = Vertx.vertx();
        try {
            int port = vertx.createNetServer()
                    .connectHandler(socket -> socket.handler(any -> socket.write(bytes)))
                    .listen(0, "127.0.0.1")
                    .await()
                    .actualPort();
            try (UpstreamFixture upstream =
                    new UpstreamFixture(settings("http://127.0.0.1:" + port, LONG, NO_BREAKER))) {
                assertThat(outcome(upstream.get("/", LONG))).isEqualTo(Outcome.MALFORMED);
                assertThat(log.lines()).as("none of the answer's words").isEmpty();
            }
        } finally {
            vertx.close().await();
        }
    }

    // setFollowRedirects(false) and the status: with redirects followed, the other server was asked, with the token.
    @Test
    void aRedirectIsNotFollowed() {
        try (UserServiceStandIn other = new UserServiceStandIn(0, 100, null);
                UpstreamFixture upstream = to(LONG)) {
            service.fail("redirect", other.url() + USER);

            assertThat(failure(upstream.get(USER, LONG))).hasMessage("played: malformed answer, status 302");
            assertThat(other.requests()).isZero();
            assertThat(log.lines()).isEmpty();
        }
    }

    // --- connections and retries

    @Test
    void aServiceThatIsNotThereIsALostConnection() {
        String nowhere;
        try (UserServiceStandIn gone = new UserServiceStandIn(0, 1, null)) {
            nowhere = gone.url();
        }
        try (UpstreamFixture upstream = new UpstreamFixture(settings(nowhere, LONG, BREAKER))) {
            assertThat(failure(upstream.get(USER, LONG)).outcome()).isEqualTo(Outcome.CONNECTION);
            assertThat(upstream.retries()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "truncated", "status"})
    void whatFailsInPassingIsAskedAgain(String fault) {
        service.fail("fail_every", 2, fault, fault.equals("status") ? (Object) 503 : true);
        try (UpstreamFixture upstream = to(LONG)) {
            assertThat(result(upstream.get(USER, LONG))).isEqualTo(200);
            assertThat(result(upstream.get(USER, LONG))).isEqualTo(200);
            assertThat(upstream.retries()).isEqualTo(1);
        }
        assertThat(service.requests()).isEqualTo(3);
    }

    @Test
    void aFailureThatStaysIsToldAfterThreeAttempts() {
        service.fail("status", 500);
        try (UpstreamFixture upstream = to(LONG)) {
            assertThat(failure(upstream.get(USER, LONG)).outcome()).isEqualTo(Outcome.SERVER_ERROR);
            assertThat(upstream.count(Outcome.SERVER_ERROR)).isEqualTo(3);
        }
        assertThat(service.requests()).isEqualTo(3);
    }

    // The state before a retry: without it 20 calls made 40 attempts and more, each of them rejected.
    @Test
    void nothingIsRepeatedWhileTheBreakerIsOpen() {
        service.fail("status", 500);
        BreakerSettings forLong = new BreakerSettings(LONG, 20, 0.5, Duration.ofHours(1));
        try (UpstreamFixture upstream = new UpstreamFixture(settings(service.url(), TOKEN, LONG, forLong))) {
            upstream.getAll(30, USER, LONG)
                    .forEach(call -> assertThat(failure(call).outcome()).isIn(Outcome.SERVER_ERROR, Outcome.REJECTED));
            assertThat(upstream.upstream.state()).isEqualTo(BreakerState.OPEN);
            double retried = upstream.retries();
            double rejected = upstream.count(Outcome.REJECTED);
            upstream.getAll(100, USER, LONG)
                    .forEach(call -> assertThat(failure(call).outcome()).isEqualTo(Outcome.REJECTED));
            assertThat(upstream.retries()).isEqualTo(retried);
            assertThat(upstream.count(Outcome.REJECTED)).isEqualTo(rejected + 100);
        }
    }

    // --- secrets

    @Test
    void theTokenIsInNoTextOfOurs() {
        UpstreamSettings settings = settings(service.url(), TOKEN, SHORT, BREAKER);
        try (UpstreamFixture upstream = new UpstreamFixture(settings)) {
            for (Object[] fault : new Object[][] {
                {"status", 500},
                {"status", 401},
                {"hang", true},
                {"close", true},
                {"malformed", true},
                {"truncated", true},
                {"redirect", "http://127.0.0.1:1/?" + TOKEN},
                {"body", TOKEN}
            }) {
                service.fail(fault);
                for (int i = 0; i < 10; i++) {
                    Future<?> call = upstream.on(
                            () -> upstream.upstream.get(USER, io.portcullis.bus.Deadline.in(SHORT), Answer::json));
                    assertThat(failure(call).toString()).doesNotContain(TOKEN).doesNotContain("http");
                    assertThat(failure(call).getCause()).isNull();
                }
            }
            assertThat(upstream.upstream.state()).isNotEqualTo(BreakerState.CLOSED);
        }

        assertThat(settings.toString()).doesNotContain(TOKEN);
        assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains(TOKEN));
    }

    @ParameterizedTest
    @ValueSource(strings = {"two\r\nX-Evil: 1", "", "a b", "tökn"})
    void aTokenThatIsNoneIsNotTakenAndNotShown(String token) {
        assertThatThrownBy(() -> settings("http://localhost", token, LONG, BREAKER))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("upstream: token must be a bearer token");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://a", "http:///x", "http://user:secret@a", "http://a?b", "http://a#b", "localhost:80"})
    void aBaseUrlThatIsNoneIsNotTakenAndNotShown(String url) {
        assertThatThrownBy(() -> settings(url, null, LONG, BREAKER))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("upstream: base-url must be");
    }

    @Test
    void theBaseUrlSaysWhereAndBelowWhat() {
        UpstreamSettings plain =
                new UpstreamSettings("a", URI.create("http://[::1]:3003/api/v1/"), null, LONG, 1, 1, BREAKER);
        UpstreamSettings tls = new UpstreamSettings("a", URI.create("HTTPS://a.example"), null, LONG, 1, 1, BREAKER);

        assertThat(plain.host() + " " + plain.port() + " " + plain.pathPrefix() + " " + plain.tls())
                .isEqualTo("::1 3003 /api/v1 false");
        assertThat(tls.host() + " " + tls.port() + " " + tls.pathPrefix() + " " + tls.tls())
                .isEqualTo("a.example 443  true");
    }

    private UpstreamFixture to(Duration timeout) {
        return new UpstreamFixture(settings(service.url(), TOKEN, timeout, BREAKER));
    }
}
