package io.portcullis.accounts;

import org.jspecify.annotations.Nullable;

/**
 * An administrator who proved himself.
 *
 * @param tokenId of the token; {@code configured} for the one of the configuration
 * @param name what the audit calls it
 * @param tenant the only tenant whose things it sees; null for all
 */
public record Principal(
        String tokenId, String name, Role role, @Nullable String tenant) {

    /** Who has the token of the configuration: he may everything. */
    public static final Principal CONFIGURED = new Principal("configured", "configured", Role.ADMIN, null);
}
