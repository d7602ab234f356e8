package io.portcullis.registry;

import io.portcullis.auth.Client;
import io.portcullis.auth.Decision;
import io.portcullis.auth.Refusal;
import io.portcullis.bus.Deadline;
import io.portcullis.registry.OwnerCheck.Standing;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** What becomes of a decision by the standing of the client's owner: it can only turn an allow into a refusal. Thread-safe. */
final class OwnerRule {

    private static final Decision NOT_ACTIVE = new Decision.Denied(Refusal.OWNER_NOT_ACTIVE);

    private final OwnerCheck owners;

    OwnerRule(OwnerCheck owners) {
        this.owners = owners;
    }

    /** The decision as it stands then; null where the owner must be asked for, and where there was none. */
    @Nullable
    Decision now(@Nullable Decision decision) {
        Client owned = owned(decision);
        if (decision == null || owned == null) {
            return decision;
        }
        Standing standing = owners.known(owned);
        return standing == null ? null : judged(decision, standing);
    }

    /** The same, asked for where it must be. */
    Future<Decision> later(Decision decision, Deadline deadline) {
        Decision known = now(decision);
        Client owned = owned(decision);
        return known != null || owned == null
                ? Future.succeededFuture(known == null ? decision : known)
                : owners.find(owned, deadline).map(standing -> judged(decision, standing));
    }

    /** The client whose owner has a say; null where nobody has. */
    private static @Nullable Client owned(@Nullable Decision decision) {
        return decision instanceof Decision.Allowed allowed && allowed.client().ownerUserId() != null
                ? allowed.client()
                : null;
    }

    private static Decision judged(Decision decision, Standing standing) {
        return switch (standing) {
            case ACTIVE -> decision;
            case ACTIVE_ONCE ->
                decision instanceof Decision.Allowed allowed && !allowed.stale()
                        ? new Decision.Allowed(allowed.client(), allowed.key(), true, allowed.record())
                        : decision;
            case NOT_ACTIVE -> NOT_ACTIVE;
        };
    }
}
