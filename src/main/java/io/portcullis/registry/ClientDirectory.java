package io.portcullis.registry;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * Finds the client that a person means, in PostgreSQL and in no cache. Not for deciding a request. Futures fail with a
 * {@link RegistryException} and complete by the deadline.
 */
public final class ClientDirectory {

    /** Ids that a message names where a code is ambiguous. */
    private static final int NAMED = 5;

    private static final Pattern ID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    private static final String IDS_BY_CODE =
            "SELECT client_id::text FROM client_registry.clients WHERE client_code = $1 ORDER BY client_id LIMIT $2";

    private final SqlClient sql;

    public ClientDirectory(SqlClient sql) {
        this.sql = sql;
    }

    /** Whether the text has the form of a client id. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /**
     * The id of the client that is named by it or by its code. Whether there is a client of an id is not asked.
     *
     * @return fails with {@link RegistryException.ClientNotFound}, or with {@link RegistryException.Conflict} where several clients have
     *     the code
     */
    public Future<String> idOf(String idOrCode, Deadline deadline) {
        if (isId(idOrCode)) {
            return Future.succeededFuture(UUID.fromString(idOrCode).toString());
        }
        return idsOf(idOrCode, deadline).compose(ids -> switch (ids.size()) {
            case 0 -> Future.failedFuture(new RegistryException.ClientNotFound(idOrCode));
            case 1 -> Future.succeededFuture(ids.get(0));
            default ->
                Future.failedFuture(new RegistryException.Conflict("several clients have the code " + idOrCode
                        + "; name one by its id: " + String.join(", ", ids.subList(0, Math.min(NAMED, ids.size())))
                        + (ids.size() > NAMED ? ", …" : "")));
        });
    }

    /** Ids of clients with the code, a few at most: nothing keeps codes unique. */
    private Future<List<String>> idsOf(String code, Deadline deadline) {
        return PgClientRegistry.within(deadline, sql.preparedQuery(IDS_BY_CODE).execute(Tuple.of(code, NAMED + 1)))
                .map(found -> StreamSupport.stream(found.spliterator(), false)
                        .map(row -> Objects.requireNonNull(row.getString("client_id"), "client_id"))
                        .toList());
    }
}
