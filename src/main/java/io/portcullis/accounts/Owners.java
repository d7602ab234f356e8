package io.portcullis.accounts;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** Whether a user may own a client. */
@FunctionalInterface
public interface Owners {

    /** Where nobody knows about users: every one may. */
    Owners ANY = (userId, deadline) -> Future.succeededFuture();

    /** Null where he may; else what stands against it, also that nobody could be asked. Does not fail. */
    Future<@Nullable Refusal> refusalOf(String userId, Deadline deadline);
}
