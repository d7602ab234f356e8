package io.portcullis;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.auth.AddressRules;
import io.portcullis.auth.Client;
import io.portcullis.auth.ClientStatus;
import io.portcullis.bus.Deadline;
import io.portcullis.bus.LocalCodec;
import io.portcullis.cache.NearTier;
import io.portcullis.cache.NearTier.Held;
import io.portcullis.registry.OwnerCheck.Standing;
import io.portcullis.registry.RegistryException;
import io.portcullis.upstream.User;
import io.portcullis.upstream.UserServiceClient;
import io.portcullis.upstream.UserServiceVerticle;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Owners by the clock: how long an answer serves in each mode, and what comes then. */
class UserOwnerCheckTest {

    private static final Duration TTL = Duration.ofMinutes(5);
    private static final Duration GRACE = Duration.ofMinutes(1);
    private static final Duration LEASE = Duration.ofSeconds(5);
    private static final Duration TICK = Duration.ofNanos(1);

    private static Vertx vertx;
    private static Future<Optional<User>> away;

    private final NearTier<String, Optional<User>> near = UserServiceVerticle.near(10_000);
    private long nanos = Long.MAX_VALUE - 5_000;
    private int asked;
    private @Nullable Boolean service = true;
    private final UserOwnerCheck cached = UserOwnerCheck.cached(near, this::ask, this::ttl, GRACE, () -> nanos);
    private final UserOwnerCheck strict = UserOwnerCheck.strict(near, this::ask, this::ttl, LEASE, () -> nanos);

    /** The failure as it really comes: nobody serves this bus. */
    @BeforeAll
    static void failure() {
        vertx = Vertx.vertx();
        LocalCodec.register(vertx);
        var call = new UserServiceClient(vertx.eventBus()).getUserById("u1", Deadline.in(LEASE));
        assertThat(call.map(Optional::isPresent).otherwise(false).await()).isFalse();
        away = Future.failedFuture(call.cause());
    }

    @AfterAll
    static void stop() {
        vertx.close().await();
    }

    @Test
    void anAnswerServesForItsTimeFromMemory() {
        assertThat(cached.known(client(null))).isNull();
        assertThat(found(cached, null)).isEqualTo(Standing.ACTIVE);

        pass(TTL.minus(TICK));
        assertThat(cached.known(client(null))).isEqualTo(Standing.ACTIVE);
        pass(TICK);
        assertThat(cached.known(client(null))).isNull();
        service = false;
        assertThat(found(cached, null)).isEqualTo(Standing.NOT_ACTIVE);
        assertThat(cached.known(client(null))).isEqualTo(Standing.NOT_ACTIVE);
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void whileNobodyCanBeAskedTheLastAnswerServesForTheGraceAndSaysSo() {
        found(cached, null);
        service = null;
        pass(TTL);

        assertThat(cached.known(client(null))).isNull();
        assertThat(found(cached, null)).isEqualTo(Standing.ACTIVE_ONCE);
        assertThat(cached.known(client(null)))
                .as("for a second nobody tries again")
                .isEqualTo(Standing.ACTIVE_ONCE);
        pass(Duration.ofSeconds(1));
        assertThat(cached.known(client(null))).isNull();
        pass(GRACE.minusSeconds(1).minus(TICK));
        assertThat(found(cached, null)).isEqualTo(Standing.ACTIVE_ONCE);

        pass(TICK);
        assertThat(cached.known(client(null))).as("though left alone").isNull();
        assertUnknown(cached, null);
        service = true;
        assertThat(found(cached, null)).isEqualTo(Standing.ACTIVE);
    }

    @Test
    void whoWasLastSaidToBeInactiveStaysItForTheGrace() {
        service = false;
        found(cached, null);
        service = null;
        pass(TTL);

        assertThat(found(cached, null)).isEqualTo(Standing.NOT_ACTIVE);
        pass(GRACE);
        assertUnknown(cached, null);
    }

    @Test
    void aClientsOwnGraceGoesBeforeTheConfiguredOne() {
        found(cached, null);
        service = null;
        pass(TTL);
        assertUnknown(cached, 0);
        pass(GRACE);
        assertThat(found(cached, 61)).isEqualTo(Standing.ACTIVE_ONCE);

        cached.grace(GRACE.plus(TICK));
        assertThat(found(cached, null)).isEqualTo(Standing.ACTIVE_ONCE);
    }

    @Test
    void whoWasNeverHeardOfIsUnknownWhileNobodyCanBeAsked() {
        service = null;
        assertUnknown(cached, null);
        assertUnknown(strict, null);
    }

    @Test
    void strictBelievesTheServiceForTheLeaseAndNobodyElse() {
        near.put("u1", new Held<>(user(true), nanos, false));
        assertThat(cached.known(client(null))).isEqualTo(Standing.ACTIVE);
        assertThat(strict.known(client(null))).as("another process' word").isNull();

        found(strict, null);
        pass(LEASE.minus(TICK));
        assertThat(strict.known(client(null))).isEqualTo(Standing.ACTIVE);
        pass(TICK);
        assertThat(strict.known(client(null))).isNull();
        service = null;
        assertUnknown(strict, null);
        strict.grace(GRACE);
        assertUnknown(strict, 3_600);
    }

    @Test
    void aDefectOfOursIsNoAnswerOfTheService() {
        RuntimeException defect = new IllegalStateException("defect");
        UserOwnerCheck broken = UserOwnerCheck.cached(
                near, (id, deadline) -> Future.failedFuture(defect), this::ttl, GRACE, () -> nanos);

        assertThat(broken.find(client(null), Deadline.in(LEASE)).cause()).isSameAs(defect);
    }

    private Future<Optional<User>> ask(String id, Deadline deadline) {
        asked++;
        if (service == null) {
            return away;
        }
        Optional<User> user = user(service);
        near.put(id, new Held<>(user, nanos, true));
        return Future.succeededFuture(user);
    }

    private Duration ttl(Optional<User> user) {
        return TTL;
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    private Standing found(UserOwnerCheck check, @Nullable Integer grace) {
        return check.find(client(grace), Deadline.in(LEASE)).result();
    }

    private void assertUnknown(UserOwnerCheck check, @Nullable Integer grace) {
        assertThat(check.find(client(grace), Deadline.in(LEASE)).cause())
                .isInstanceOfSatisfying(
                        RegistryException.OwnerUnknown.class,
                        unknown -> assertThat(unknown.code()).isEqualTo(65014));
    }

    private static Optional<User> user(boolean active) {
        return Optional.of(new User("u1", null, null, null, List.of(), active));
    }

    private static Client client(@Nullable Integer grace) {
        return new Client(
                "c1",
                null,
                null,
                "u1",
                null,
                null,
                null,
                AddressRules.ANY,
                null,
                ClientStatus.ACTIVE,
                null,
                grace,
                1,
                null);
    }
}
