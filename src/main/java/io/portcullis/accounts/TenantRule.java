package io.portcullis.accounts;

import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import org.jspecify.annotations.Nullable;

/** Whose things a token may touch. Row-level security says the same once more, in the database. */
class TenantRule {

    /** @param tenant of what is touched; null where it has none */
    boolean admits(Principal principal, @Nullable String tenant) {
        return principal.tenant() == null || principal.tenant().equals(tenant);
    }

    /** The client's row that was found, if there is one and the token may touch it. */
    final @Nullable Row visible(RowSet<Row> rows, Principal principal) {
        if (rows.size() == 0) {
            return null;
        }
        Row row = rows.iterator().next();
        return admits(principal, row.getString("c_tenant")) ? row : null;
    }

    /** The tenant that a list is narrowed to; null for all. */
    @Nullable
    String narrowed(Principal principal, @Nullable String wanted) {
        return principal.tenant() == null ? wanted : principal.tenant();
    }
}
