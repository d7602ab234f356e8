package io.portcullis.upstream;

import static io.portcullis.upstream.UpstreamFixture.BREAKER;
import static io.portcullis.upstream.UpstreamFixture.LONG;
import static io.portcullis.upstream.UpstreamFixture.NO_BREAKER;
import static io.portcullis.upstream.UpstreamFixture.result;
import static io.portcullis.upstream.UserServiceFixture.soon;
import static io.portcullis.upstream.UserServiceFixture.told;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.portcullis.bus.Deadline;
import io.portcullis.testing.UserServiceStandIn;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What who asks about users is told, whatever the service does. */
class UserServiceTest {

    private static final String NOT_ACTIVE = "65012 400 User not found or inactive";
    private static final String FAILED = "65013 502 Error communicating with user service";
    private static final String AWAY = "65014 503 User service is currently unavailable";

    private final UserServiceStandIn service = new UserServiceStandIn(0, 1_000, null);
    private @Nullable UserServiceFixture process;

    @AfterEach
    void close() {
        if (process != null) {
            process.close();
        }
        service.close();
    }

    @Test
    void aUserIsWhatTheServiceSaysOfHim() {
        User user = result(start(LONG, BREAKER).validate(id(10)));

        assertThat(user)
                .isEqualTo(
                        new User(id(10), "user-10@example.org", "First10", "Last10", List.of("USER", "ADMIN"), true));
        assertThat(user.toString()).doesNotContain("example.org", "First10");
    }

    @Test
    void whoIsNotThereOrNotActiveIsAnAnswer() {
        UserServiceFixture asks = start(LONG, BREAKER);

        assertThat(told(asks.validate(id(1_000)))).isEqualTo(NOT_ACTIVE);
        assertThat(told(asks.validate(id(19)))).isEqualTo(NOT_ACTIVE);
        assertThat(result(asks.user(id(1_000)))).isEmpty();
        assertThat(result(asks.user(id(19))))
                .hasValueSatisfying(user -> assertThat(user.active()).isFalse());
        for (int i = 2_000; i < 2_040; i++) {
            told(asks.validate(id(i)));
        }
        assertThat(asks.verticle.state()).as("and none of them a failure").isEqualTo(BreakerState.CLOSED);
    }

    @Test
    void severalAreAskedForAtOnceButNoMoreThanThereAreConnections() {
        UserServiceFixture asks = start(LONG, 3, BREAKER);
        service.fail("delay_ms", 300);
        List<String> ids = IntStream.range(0, 9).mapToObj(UserServiceTest::id).toList();
        List<String> withStrangers = new ArrayList<>(ids);
        withStrangers.add(id(5_000));
        withStrangers.add(id(3));
        long start = System.nanoTime();

        var users = result(asks.client.getUsersByIds(withStrangers, soon()));

        assertThat(users.keySet()).containsExactlyElementsOf(ids);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("ten questions of 300 ms, three at a time")
                .isBetween(Duration.ofMillis(1_150), Duration.ofMillis(2_900));
        assertThat(service.requests()).isEqualTo(10);
        assertThat(result(asks.client.getUsersByIds(List.of(), soon()))).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> asks.client.getUsersByIds(Collections.nCopies(1_001, id(1)), soon()));
    }

    /** More than may wait for three connections. */
    @Test
    void manyAreAskedForWithoutAnyOfThemBeingTurnedAway() {
        UserServiceFixture asks = start(LONG, 3, NO_BREAKER);

        assertThat(result(asks.client.getUsersByIds(
                        IntStream.range(0, 500).mapToObj(UserServiceTest::id).toList(), soon())))
                .hasSize(500);
    }

    @Test
    void oneOfSeveralThatCannotBeAskedForFailsThemAll() {
        UserServiceFixture asks = start(LONG, 1, NO_BREAKER);
        service.fail("malformed", true, "fail_every", 3);

        assertThat(told(asks.client.getUsersByIds(
                        IntStream.range(0, 100).mapToObj(UserServiceTest::id).toList(), soon())))
                .isEqualTo(FAILED);
        assertThat(service.requests()).as("then no more is asked").isEqualTo(3);
    }

    @Test
    void aServiceThatIsSlowIsUnavailableAndTheRequestIsReset() {
        UserServiceFixture asks = start(Duration.ofMillis(200), NO_BREAKER);
        service.fail("hang", true);

        assertThat(told(asks.validate(id(1)))).isEqualTo(AWAY);
        await().until(() -> service.abandoned() == 1);
        assertThat(service.requests()).isEqualTo(1);
    }

    /** Who has less time than the service may take is told in time, and the service is found out all the same. */
    @Test
    void aServiceThatHangsIsLeftAloneAlsoWhereCallersAreShortOfTime() {
        UserServiceFixture asks = start(Duration.ofMillis(500), BREAKER);
        service.fail("hang", true);

        List<Future<User>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(asks.client.validateUser(id(i), Deadline.in(Duration.ofMillis(50))));
        }
        calls.forEach(call -> assertThat(told(call)).isEqualTo(AWAY));

        await().until(() -> asks.verticle.state() == BreakerState.OPEN);
    }

    @Test
    void aServiceThatIsLeftAloneIsUnavailableAtOnce() {
        UserServiceFixture asks = start(LONG, new BreakerSettings(LONG, 20, 0.5, Duration.ofMinutes(10)));
        service.fail("status", 500);
        for (int i = 0; asks.verticle.state() == BreakerState.CLOSED && i < 100; i++) {
            told(asks.validate(id(i)));
        }
        long before = service.requests();

        assertThat(told(asks.validate(id(500)))).isEqualTo(AWAY);
        assertThat(told(asks.client.healthCheck(soon()))).isEqualTo(AWAY);
        assertThat(service.requests()).isEqualTo(before);
    }

    @Test
    void aServiceThatIsNotThereHasFailed() {
        UserServiceFixture asks = start(LONG, NO_BREAKER);
        service.close();

        assertThat(told(asks.validate(id(1)))).isEqualTo(FAILED);
    }

    @Test
    void nobodyWhoWouldAskIsUnavailable() {
        UserServiceFixture asks = start(LONG, NO_BREAKER);
        result(asks.vertx.undeploy(asks.verticle.deploymentID()));

        assertThat(told(asks.validate(id(1)))).isEqualTo(AWAY);
    }

    /** Every other request fails: what is asked again is asked within the budget. */
    @Test
    void aServiceThatFailsByHalfIsAskedNoMoreThanATenthMore() {
        UserServiceFixture asks = start(LONG, NO_BREAKER);
        service.fail("status", 500, "fail_every", 2);
        int users = 400;
        int failed = 0;
        for (int i = 0; i < users; i++) {
            Future<Optional<User>> call = asks.user(id(i));
            try {
                call.await();
            } catch (Exception e) {
                failed++;
                assertThat(told(call)).isEqualTo(FAILED);
            }
        }

        assertThat(failed).isPositive();
        assertThat(service.requests()).isBetween((long) users, (long) (users * 1.1) + 10);
    }

    @Test
    void theAnswerAboutAnotherUserIsNoAnswer() {
        UserServiceFixture asks = start(LONG, NO_BREAKER);
        service.fail("wrong_id", true);

        assertThat(told(asks.validate(id(1)))).isEqualTo(FAILED);
        assertThat(service.requests()).as("and is not repeated").isEqualTo(1);
    }

    @Test
    void anAnswerWithoutEndIsCutOffAndNoAnswer() {
        UserServiceFixture asks = start(LONG, NO_BREAKER);
        service.fail("oversize_bytes", 10 * 1024 * 1024);

        assertThat(told(asks.validate(id(1)))).isEqualTo(FAILED);
        assertThat(service.oversizeSent()).isLessThan(10 * 1024 * 1024);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{\"id\":\"",
                "{}",
                "{\"isActive\":true}",
                "{\"id\":null,\"isActive\":true}",
                "{\"id\":\"U1\",\"isActive\":true}",
                "{\"id\":\"u1\"}",
                "{\"id\":\"u1\",\"isActive\":null}",
                "{\"id\":\"u1\",\"isActive\":\"true\"}",
                "{\"id\":\"u1\",\"isActive\":1}",
                "{\"id\":\"u1\",\"isActive\":true,\"email\":1}",
                "{\"id\":\"u1\",\"isActive\":true,\"firstName\":{}}",
                "{\"id\":\"u1\",\"isActive\":true,\"roles\":\"USER\"}",
                "{\"id\":\"u1\",\"isActive\":true,\"roles\":[1]}",
                "{\"id\":\"u1\",\"isActive\":true,\"roles\":[null]}"
            })
    void aUserOfAnotherShapeIsNoAnswer(String body) {
        UserServiceFixture asks = start(LONG, NO_BREAKER);
        service.fail("body", body);

        assertThat(told(asks.validate("u1"))).isEqualTo(FAILED);
    }

    @Test
    void whatNothingHangsOnMayBeLeftOut() {
        UserServiceFixture asks = start(LONG, NO_BREAKER);
        service.fail("body", "{\"id\":\"u1\",\"isActive\":true,\"email\":null,\"more\":1}");

        assertThat(result(asks.validate("u1"))).isEqualTo(new User("u1", null, null, null, List.of(), true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b+c", "a/b?c=d&e#f", "%2e%2E", "é\u0000\r\n", "..;/x", "/../admin"})
    void idsArriveAsTheyAre(String id) {
        service.put(UserServiceStandIn.madeUp(0).put("id", id));

        assertThat(result(start(LONG, NO_BREAKER).validate(id)).id()).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", ".."})
    void anIdThatWouldBeAnotherPathIsOfNobody(String id) {
        assertThat(told(start(LONG, NO_BREAKER).validate(id))).isEqualTo(NOT_ACTIVE);
        assertThat(told(start(LONG, NO_BREAKER).validate("x".repeat(1_001)))).isEqualTo(NOT_ACTIVE);
        assertThat(service.requests()).isZero();
    }

    @Test
    void ofAUuidTheCaseDoesNotCount() {
        String asked = "ABCDEF01-0000-4000-8000-00000000000A";
        service.fail("body", "{\"id\":\"abcdef01-0000-4000-8000-00000000000a\",\"isActive\":true}");

        assertThat(result(start(LONG, NO_BREAKER).validate(asked)).id()).isEqualTo(asked);
    }

    @Test
    void healthIsAnAnswerOrAFailure() {
        UserServiceFixture asks = start(LONG, NO_BREAKER);

        assertThat(asks.client.healthCheck(soon()).await()).isNull();
        service.fail("status", 503);
        assertThat(told(asks.client.healthCheck(soon()))).isEqualTo(FAILED);
    }

    @Test
    void whatWasSaidOfAUserIsNotAskedForAgainUnlessItMustBeTrueNow() {
        UserServiceFixture asks = start(LONG, NO_BREAKER);
        result(asks.validate(id(1)));
        told(asks.validate(id(19)));
        service.put(UserServiceStandIn.madeUp(1).put("isActive", false));

        assertThat(result(asks.validate(id(1))).active()).isTrue();
        assertThat(told(asks.validate(id(19)))).isEqualTo(NOT_ACTIVE);
        assertThat(service.requests()).isEqualTo(2);
        assertThat(result(asks.client.getUserNow(id(1), soon())).orElseThrow().active())
                .isFalse();
        assertThat(told(asks.validate(id(1)))).as("and then for all").isEqualTo(NOT_ACTIVE);
    }

    @Test
    void thatThereIsNoActiveUserIsBelievedForLessLong() {
        Duration active = Duration.ofMinutes(5);
        User user = new User("u1", null, null, null, List.of(), true);

        assertThat(UserServiceVerticle.ttl(Optional.of(user), active)).isEqualTo(active);
        assertThat(UserServiceVerticle.ttl(Optional.empty(), active)).isEqualTo(Duration.ofSeconds(30));
        assertThat(UserServiceVerticle.ttl(
                        Optional.of(new User("u1", null, null, null, List.of(), false)), Duration.ofSeconds(2)))
                .isEqualTo(Duration.ofSeconds(2));
    }

    private UserServiceFixture start(Duration timeout, BreakerSettings breaker) {
        return start(timeout, 8, breaker);
    }

    private UserServiceFixture start(Duration timeout, int connections, BreakerSettings breaker) {
        if (process != null) {
            process.close();
        }
        UserServiceFixture started = new UserServiceFixture(service.url(), timeout, connections, breaker, any -> null);
        process = started;
        return started;
    }

    private static String id(int index) {
        return UserServiceStandIn.id(index);
    }
}
