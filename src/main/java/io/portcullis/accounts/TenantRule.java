package io.portcullis.accounts;

import org.jspecify.annotations.Nullable;

/** Whose things a token may touch. Row-level security says the same once more, in the database. */
class TenantRule {

    /** @param tenant of what is touched; null where it has none */
    boolean admits(Principal principal, @Nullable String tenant) {
        return principal.tenant() == null || principal.tenant().equals(tenant);
    }

    /** The tenant that a list is narrowed to; null for all. */
    @Nullable
    String narrowed(Principal principal, @Nullable String wanted) {
        return principal.tenant() == null ? wanted : principal.tenant();
    }
}
