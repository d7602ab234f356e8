package io.portcullis.upstream;

import io.portcullis.bus.Deadline;
import io.portcullis.upstream.UserServiceCalls.HealthQuestion;
import io.portcullis.upstream.UserServiceCalls.UsersQuestion;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks about users, from any event loop. Each answer comes at the latest when the deadline has passed. What fails does so with
 * {@link UserServiceException}, unless it is a defect of ours.
 */
public final class UserServiceClient {

    private final EventBus bus;

    public UserServiceClient(EventBus bus) {
        this.bus = bus;
    }

    /** The user, who is there and active; else it fails with {@link UserServiceException.Reason#NOT_FOUND_OR_INACTIVE}. */
    public Future<User> validateUser(String id, Deadline deadline) {
        return getUserById(id, deadline)
                .compose(user -> user.filter(User::active)
                        .map(Future::succeededFuture)
                        .orElseGet(() -> Future.failedFuture(UserServiceException.notActive())));
    }

    /** The user, active or not; none where there is none. */
    public Future<Optional<User>> getUserById(String id, Deadline deadline) {
        return UserServiceCalls.USER.ask(bus, id, deadline).recover(UserServiceException::told);
    }

    /** The same, and not as somebody was told a while ago: the service itself is asked. */
    public Future<Optional<User>> getUserNow(String id, Deadline deadline) {
        return UserServiceCalls.USER_NOW.ask(bus, id, deadline).recover(UserServiceException::told);
    }

    /**
     * Those of the users that there are, active or not, by id in the order of the question. All or a failure: one that could not be asked
     * for must not pass for one that is not there.
     *
     * @throws IllegalArgumentException for more than {@value UserServiceCalls#MOST_AT_ONCE}
     */
    public Future<Map<String, User>> getUsersByIds(List<String> ids, Deadline deadline) {
        return UserServiceCalls.USERS.ask(bus, new UsersQuestion(ids), deadline).recover(UserServiceException::told);
    }

    /** Succeeds where the service says that it is well. */
    public Future<Void> healthCheck(Deadline deadline) {
        return UserServiceCalls.HEALTH.ask(bus, new HealthQuestion(), deadline).recover(UserServiceException::told);
    }
}
