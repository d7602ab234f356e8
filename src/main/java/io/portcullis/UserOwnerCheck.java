package io.portcullis;

import io.portcullis.auth.Client;
import io.portcullis.bus.Deadline;
import io.portcullis.cache.NearTier;
import io.portcullis.cache.NearTier.Held;
import io.portcullis.registry.OwnerCheck;
import io.portcullis.registry.RegistryException;
import io.portcullis.upstream.User;
import io.portcullis.upstream.UserServiceException;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Owners of clients as the User Service knows them. What was last said of one counts for its time; then it is asked for again. {@link #cached}
 * goes on by it for the client's grace while nobody can say anything else, {@link #strict} never does, and takes no other process' word.
 */
final class UserOwnerCheck implements OwnerCheck {

    /** Where asking for an owner failed, his other requests go on by the grace for so long before one of them asks again. */
    private static final long LEFT_ALONE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Of the time that a request has, where it has an answer to fall back on: who has waited long needs one soon. */
    private static final int SHARE = 2;

    /** How a user is asked for. */
    @FunctionalInterface
    interface Question {
        Future<Optional<User>> ask(String id, Deadline deadline);
    }

    private final NearTier<String, Optional<User>> near;
    private final Question question;
    private final Function<Optional<User>, Duration> ttl;
    private final boolean ownOnly;
    private final LongSupplier nanos;

    /** Negative: none, whatever a client has. */
    private volatile long graceNanos;

    private UserOwnerCheck(
            NearTier<String, Optional<User>> near,
            Question question,
            Function<Optional<User>, Duration> ttl,
            boolean ownOnly,
            long graceNanos,
            LongSupplier nanos) {
        this.near = near;
        this.question = question;
        this.ttl = ttl;
        this.ownOnly = ownOnly;
        this.graceNanos = graceNanos;
        this.nanos = nanos;
    }

    /**
     * An answer serves for its time, and for the grace where nobody can be asked.
     *
     * @param question by whichever tier knows
     * @param grace of clients that have none of their own
     */
    static UserOwnerCheck cached(
            NearTier<String, Optional<User>> near,
            Question question,
            Function<Optional<User>, Duration> ttl,
            Duration grace,
            LongSupplier nanos) {
        return new UserOwnerCheck(near, question, ttl, false, grace.toNanos(), nanos);
    }

    /**
     * An answer serves for its time, and not longer than the lease; then the service must give another.
     *
     * @param question put to the service itself
     */
    static UserOwnerCheck strict(
            NearTier<String, Optional<User>> near,
            Question question,
            Function<Optional<User>, Duration> ttl,
            Duration lease,
            LongSupplier nanos) {
        Function<Optional<User>, Duration> bounded = user -> {
            Duration own = ttl.apply(user);
            return own.compareTo(lease) < 0 ? own : lease;
        };
        return new UserOwnerCheck(near, question, bounded, true, -1, nanos);
    }

    /** From now on; a strict one has none. */
    void grace(Duration grace) {
        if (graceNanos >= 0) {
            graceNanos = grace.toNanos();
        }
    }

    @Override
    public @Nullable Standing known(Client client) {
        Held<Optional<User>> held = near.get(owner(client));
        if (held == null) {
            return null;
        }
        long now = nanos.getAsLong();
        if (counts(held, now)) {
            return standing(held.value(), Standing.ACTIVE);
        }
        return held.isLeftAlone(now) && isInGrace(held, client, now)
                ? standing(held.value(), Standing.ACTIVE_ONCE)
                : null;
    }

    @Override
    public Future<Standing> find(Client client, Deadline deadline) {
        String owner = owner(client);
        Held<Optional<User>> before = near.get(owner);
        boolean canWait = before == null || !isInGrace(before, client, nanos.getAsLong());
        Deadline limit = canWait
                ? deadline
                : deadline.atMost(Duration.ofMillis(Math.max(1, deadline.remainingMillis() / SHARE)));
        return question.ask(owner, limit)
                .map(user -> standing(user, Standing.ACTIVE))
                .recover(failure -> failure instanceof UserServiceException known
                        ? lastKnown(client, known)
                        : Future.failedFuture(failure));
    }

    private Future<Standing> lastKnown(Client client, UserServiceException failure) {
        Held<Optional<User>> held = near.get(owner(client));
        long now = nanos.getAsLong();
        if (held == null || !(counts(held, now) || isInGrace(held, client, now))) {
            return Future.failedFuture(RegistryException.ownerUnknown(String.valueOf(failure.getMessage())));
        }
        held.retryFrom(now + LEFT_ALONE_NANOS);
        return Future.succeededFuture(
                standing(held.value(), counts(held, now) ? Standing.ACTIVE : Standing.ACTIVE_ONCE));
    }

    private boolean counts(Held<Optional<User>> held, long now) {
        return (held.own() || !ownOnly)
                && held.age(now) < ttl.apply(held.value()).toNanos();
    }

    private boolean isInGrace(Held<Optional<User>> held, Client client, long now) {
        long configured = graceNanos;
        if (configured < 0) {
            return false;
        }
        Integer own = client.graceSeconds();
        long grace = own == null ? configured : TimeUnit.SECONDS.toNanos(own);
        return held.age(now) - ttl.apply(held.value()).toNanos() < grace;
    }

    private static Standing standing(Optional<User> user, Standing ofActive) {
        return user.isPresent() && user.get().active() ? ofActive : Standing.NOT_ACTIVE;
    }

    private static String owner(Client client) {
        return Objects.requireNonNull(client.ownerUserId(), "asked for a client that nobody owns");
    }
}
