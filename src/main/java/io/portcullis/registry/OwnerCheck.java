package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** Whether the user who owns a client is active. Asked only for clients that have one. Thread-safe. */
public interface OwnerCheck {

    /** What is said of an owner. */
    enum Standing {
        ACTIVE,
        /** So it was said last; nobody can be asked whether it still is. */
        ACTIVE_ONCE,
        /** He is not, or there is none such. */
        NOT_ACTIVE
    }

    /** What counts here and now; null where somebody must be asked first. Neither waits nor locks. */
    @Nullable
    Standing known(Client client);

    /** Asks. Fails with {@link RegistryException.OwnerUnknown} where nobody knows. */
    Future<Standing> find(Client client, Deadline deadline);
}
