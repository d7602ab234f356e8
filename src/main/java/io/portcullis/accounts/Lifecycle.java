package io.portcullis.accounts;

import io.portcullis.auth.ClientStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Steps of a client's life, as a person takes them. */
public enum Lifecycle {
    APPROVE(ClientStatus.ACTIVE),
    REJECT(ClientStatus.REJECTED),
    SUSPEND(ClientStatus.SUSPENDED),
    REACTIVATE(ClientStatus.ACTIVE),
    REVOKE(ClientStatus.REVOKED);

    private final ClientStatus to;

    Lifecycle(ClientStatus to) {
        this.to = to;
    }

    /** As it stands in a path. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    ClientStatus to() {
        return to;
    }

    boolean isLegalFrom(ClientStatus status) {
        return switch (this) {
            case APPROVE, REJECT -> status == ClientStatus.PENDING;
            case SUSPEND -> status == ClientStatus.ACTIVE;
            case REACTIVATE -> status == ClientStatus.SUSPENDED;
            case REVOKE -> status != ClientStatus.REVOKED && status != ClientStatus.REJECTED;
        };
    }

    /** What may be done with a client of that status. */
    static List<String> legalFrom(ClientStatus status) {
        return Arrays.stream(values())
                .filter(step -> step.isLegalFrom(status))
                .map(Lifecycle::text)
                .toList();
    }
}
