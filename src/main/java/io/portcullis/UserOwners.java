package io.portcullis;

import io.portcullis.accounts.Owners;
import io.portcullis.accounts.Refusal;
import io.portcullis.bus.Deadline;
import io.portcullis.upstream.User;
import io.portcullis.upstream.UserServiceClient;
import io.portcullis.upstream.UserServiceException;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Owners as the User Service knows them: who registers a client for nobody, or for somebody inactive, is refused. */
final class UserOwners implements Owners {

    private static final Logger log = LoggerFactory.getLogger(UserOwners.class);

    private final UserServiceClient users;

    UserOwners(UserServiceClient users) {
        this.users = users;
    }

    @Override
    public Future<Map<String, Refusal>> refusalsOf(Set<String> userIds, Deadline deadline) {
        return users.getUsersByIds(List.copyOf(userIds), deadline)
                .map(found -> {
                    Map<String, Refusal> refused = new HashMap<>();
                    for (String id : userIds) {
                        User user = found.get(id);
                        if (user == null || !user.active()) {
                            refused.put(
                                    id,
                                    new Refusal(
                                            Refusal.Reason.OWNER,
                                            "the user service knows of no active user of the id in owner_user_id"));
                        }
                    }
                    return refused;
                })
                .otherwise(failure -> {
                    Refusal refusal = refusal(failure);
                    Map<String, Refusal> refused = new HashMap<>();
                    userIds.forEach(id -> refused.put(id, refusal));
                    return refused;
                });
    }

    private static Refusal refusal(Throwable failure) {
        if (!(failure instanceof UserServiceException known)) {
            log.error("event=owner.check_failed", failure);
            return new Refusal(Refusal.Reason.OWNER_SERVICE_FAILED, "");
        }
        log.warn("event=owner.unknown reason=\"{}\"", known.getMessage());
        return new Refusal(
                switch (known.reason()) {
                    case NOT_FOUND_OR_INACTIVE -> Refusal.Reason.OWNER;
                    case FAILED -> Refusal.Reason.OWNER_SERVICE_FAILED;
                    case UNAVAILABLE -> Refusal.Reason.OWNER_SERVICE_AWAY;
                },
                "");
    }
}
