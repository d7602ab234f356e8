package io.portcullis.accounts;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** How the limits of clients stand. */
@FunctionalInterface
public interface ClientLimits {

    /**
     * As they stand now.
     *
     * @param refuses whether one of them would refuse a request
     * @param why in words
     */
    record Stand(boolean refuses, String why) {}

    /**
     * Of the limits that are by client alone. Fails where nobody knows.
     *
     * @param rateLimit the client's own, null for none
     */
    Future<Stand> of(String clientId, @Nullable Integer rateLimit, Deadline deadline);
}
