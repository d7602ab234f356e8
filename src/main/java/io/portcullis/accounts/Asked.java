package io.portcullis.accounts;

import io.portcullis.bus.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, and what of it goes into the audit.
 *
 * @param actor who is behind the token, where the token says so of others too; null where nobody is
 * @param correlationId of the request
 * @param once null where the request has no Idempotency-Key
 */
public record Asked(
        Principal principal,
        @Nullable String actor,
        String correlationId,
        @Nullable Once once,
        Deadline deadline) {

    /**
     * An Idempotency-Key.
     *
     * @param key of this token
     * @param requestHash SHA-256 of what was asked under it, in hex
     */
    public record Once(String key, String requestHash) {}

    String auditActor() {
        return actor != null && principal.equals(Principal.CONFIGURED) ? actor : "token:" + principal.name();
    }
}
