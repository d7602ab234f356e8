package io.portcullis.upstream;

import io.portcullis.bus.BusCall;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What may be asked about users on the bus; {@link UserServiceClient} does it for those outside. */
final class UserServiceCalls {

    /** Users that may be asked for at once. */
    static final int MOST_AT_ONCE = 1_000;

    /** Whether it is well. */
    record HealthQuestion() {}

    /** @param ids {@link #MOST_AT_ONCE} at most */
    record UsersQuestion(List<String> ids) {

        UsersQuestion {
            ids = List.copyOf(ids);
            if (ids.size() > MOST_AT_ONCE) {
                throw new IllegalArgumentException("at most " + MOST_AT_ONCE + " users may be asked for at once");
            }
        }
    }

    /** The user of an id, or none; as somebody was told no longer than his time ago. */
    static final BusCall<String, Optional<User>> USER = BusCall.of("user-service.user");

    /** The same, as the service has it now. */
    static final BusCall<String, Optional<User>> USER_NOW = BusCall.of("user-service.user-now");

    /** By id, those there are. */
    static final BusCall<UsersQuestion, Map<String, User>> USERS = BusCall.of("user-service.users");

    /** Succeeds where the service says that it is well. */
    static final BusCall<HealthQuestion, Void> HEALTH = BusCall.of("user-service.health");

    private UserServiceCalls() {}
}
