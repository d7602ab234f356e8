package io.portcullis.upstream;

import static io.portcullis.upstream.UpstreamFixture.BREAKER;
import static io.portcullis.upstream.UpstreamFixture.LONG;
import static io.portcullis.upstream.UpstreamFixture.NO_BREAKER;
import static io.portcullis.upstream.UpstreamFixture.failure;
import static io.portcullis.upstream.UpstreamFixture.outcome;
import static io.portcullis.upstream.UpstreamFixture.result;
import static io.portcullis.upstream.UpstreamFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.testing.AdminServiceStandIn;
import io.portcullis.testing.StandInServer;
import io.portcullis.testing.UserServiceStandIn;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The breaker and the retries' budget as both services see them: what counts is counted at the server. The comment at a test names the guard
 * without which it was seen to fail.
 */
class UpstreamBreakerIT {

    static Stream<Arguments> services() {
        return Stream.of(
                Arguments.of(
                        Named.<Supplier<StandInServer>>of("Admin Service", () -> new AdminServiceStandIn(0, 100, null)),
                        "/clients/" + AdminServiceStandIn.id(7)),
                Arguments.of(
                        Named.<Supplier<StandInServer>>of("User Service", () -> new UserServiceStandIn(0, 100, null)),
                        "/users/" + UserServiceStandIn.id(7)));
    }

    // The window: with the library's own count of five failures, all of four hundred calls went through.
    @ParameterizedTest
    @MethodSource("services")
    void aServiceThatFailsEveryOtherCallIsLeftAloneAndComesBack(Supplier<StandInServer> start, String target) {
        try (StandInServer service = start.get();
                UpstreamFixture upstream = new UpstreamFixture(settings(service.url(), LONG, BREAKER))) {
            service.fail("fail_every", 2, "status", 500);
            int calls = 0;
            while (upstream.upstream.state() == BreakerState.CLOSED && calls < 400) {
                outcome(upstream.get(target, LONG));
                calls++;
            }
            assertThat(upstream.upstream.state()).isEqualTo(BreakerState.OPEN);
            assertThat(service.requests()).isBetween(20L, 24L);
            assertThat(failure(upstream.get(target, LONG)).outcome()).isEqualTo(Outcome.REJECTED);

            service.heal();
            await().until(() -> upstream.upstream.state() == BreakerState.HALF_OPEN);
            assertThat(result(upstream.get(target, LONG))).isEqualTo(200);
            await().until(() -> upstream.upstream.state() == BreakerState.CLOSED);
        }
    }

    // The slot of the probe: without it (each call in half-open one) the server saw eight at once, and the next in
    // turn.
    @ParameterizedTest
    @MethodSource("services")
    void outOfFiveThousandCallersOneReachesTheService(Supplier<StandInServer> start, String target) {
        try (StandInServer service = start.get();
                UpstreamFixture upstream = new UpstreamFixture(settings(service.url(), LONG, BREAKER))) {
            open(upstream, service, target);
            await().until(() -> upstream.upstream.state() == BreakerState.HALF_OPEN);
            service.fail("delay_ms", 200);
            long before = service.requests();

            List<Future<Integer>> calls = upstream.getAll(5_000, target, LONG);

            assertThat(calls).filteredOn(call -> outcome(call) == Outcome.OK).hasSize(1);
            assertThat(calls)
                    .filteredOn(call -> outcome(call) == Outcome.REJECTED)
                    .hasSize(4_999);
            assertThat(service.requests() - before).isEqualTo(1);
            assertThat(upstream.upstream.state()).isEqualTo(BreakerState.CLOSED);
        }
    }

    @ParameterizedTest
    @MethodSource("services")
    void aProbeThatHangsEndsAndTheNextOneFindsTheServiceBack(Supplier<StandInServer> start, String target) {
        try (StandInServer service = start.get();
                UpstreamFixture upstream =
                        new UpstreamFixture(settings(service.url(), Duration.ofMillis(300), BREAKER))) {
            open(upstream, service, target);
            await().until(() -> upstream.upstream.state() == BreakerState.HALF_OPEN);
            long abandoned = service.abandoned();
            service.fail("hang", true);
            assertThat(outcome(upstream.get(target, LONG))).isEqualTo(Outcome.TIMEOUT);
            await().until(() -> service.abandoned() == abandoned + 1);

            service.heal();
            await().until(() -> outcome(upstream.get(target, LONG)) == Outcome.OK);
            await().until(() -> upstream.upstream.state() == BreakerState.CLOSED);
        }
    }

    // The budget: without it (take() always true) the server saw 8,750 requests.
    @ParameterizedTest
    @MethodSource("services")
    void aServiceThatFailsHalfOfAllCallsSeesATenthMoreOfThemAtMost(Supplier<StandInServer> start, String target) {
        int asked = 5_000;
        try (StandInServer service = start.get();
                UpstreamFixture upstream = new UpstreamFixture(settings(service.url(), LONG, NO_BREAKER))) {
            service.fail("fail_every", 2, "status", 500);
            List<Future<Integer>> calls = new ArrayList<>();
            for (int i = 0; i < asked; i += 100) {
                List<Future<Integer>> some = upstream.getAll(100, target, LONG);
                some.forEach(UpstreamFixture::outcome);
                calls.addAll(some);
            }

            assertThat(service.requests()).isBetween(asked + asked / 20L, asked + asked / 10L + 10);
            assertThat(upstream.retries()).isEqualTo(service.requests() - asked);
            assertThat(calls).filteredOn(Future::succeeded).hasSizeGreaterThan(asked / 2);
        }
    }

    private static void open(UpstreamFixture upstream, StandInServer service, String target) {
        service.fail("status", 500);
        upstream.getAll(30, target, LONG).forEach(UpstreamFixture::outcome);
        await().until(() -> upstream.upstream.state() != BreakerState.CLOSED);
    }
}
