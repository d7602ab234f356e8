package io.portcullis.accounts;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether users may own clients. */
@FunctionalInterface
public interface Owners {

    /** Where nobody knows about users: every one may. */
    Owners ANY = (userIds, deadline) -> Future.succeededFuture(Map.of());

    /**
     * What stands against those who may not, by their ids; also that nobody could be asked. Does not fail.
     *
     * @param userIds a thousand at most
     */
    Future<Map<String, Refusal>> refusalsOf(Set<String> userIds, Deadline deadline);

    /** The same of one; null where he may. */
    default Future<@Nullable Refusal> refusalOf(String userId, Deadline deadline) {
        return refusalsOf(Set.of(userId), deadline).map(refused -> refused.get(userId));
    }
}
