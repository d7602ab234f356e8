package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;

/** What is kept of somebody's writes, as the writer sees it. Futures complete by the deadline, and fail where it is not certain. */
public interface Kept<N> {

    /**
     * What the store has now is kept from here on.
     *
     * @param names of what was written
     */
    Future<?> renew(N names, Deadline deadline);

    /** Nothing is kept of it any more. */
    Future<?> drop(N names, Deadline deadline);
}
