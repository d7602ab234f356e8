package io.portcullis.registry;

import io.portcullis.auth.KeyDigest;
import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;

/** The peppers that rows in PostgreSQL stand under: what stands where, and moving it. A move and its audit row are one statement. */
public final class PgPeppers implements PepperMoves {

    private static final String ONLY_OTHERS = """
            SELECT EXISTS (SELECT FROM client_registry.client_keys)
                AND NOT EXISTS (SELECT FROM client_registry.client_keys WHERE pepper_id = ANY ($1::text[]))
            """;

    /** Those that can still prove something: others never move, and need not. */
    private static final String STANDING = """
            SELECT left(pepper_id, 100) AS pepper, sum(keys)::bigint AS keys, sum(secrets)::bigint AS secrets
            FROM (
                SELECT pepper_id, count(*) AS keys, 0 AS secrets FROM client_registry.client_keys
                WHERE status = 'ACTIVE' AND (expires_at IS NULL OR expires_at > now()) GROUP BY 1
                UNION ALL
                SELECT split_part(client_secret_hash, ':', 2), 0, count(*) FROM client_registry.clients
                WHERE client_secret_hash LIKE 'hmac-sha256:%' AND status <> 'REVOKED' GROUP BY 1) stored
            GROUP BY 1 ORDER BY 1 LIMIT 1000
            """;

    private static final String MOVE_KEY = """
            WITH moved AS (
                UPDATE client_registry.client_keys SET digest = $2, pepper_id = $3 WHERE digest = $1
                RETURNING key_id, client_id, version)
            INSERT INTO client_registry.audit_logs (actor, action, entity, payload)
            SELECT 'gateway', 'key.redigested', 'client:' || client_id::text,
                jsonb_build_object('key_id', key_id, 'pepper_id', $3, 'version', version)
            FROM moved
            """;

    private static final String MOVE_SECRET = """
            WITH moved AS (
                UPDATE client_registry.clients SET client_secret_hash = $3
                WHERE client_id = $1::text::uuid AND client_secret_hash = $2
                RETURNING client_id, tenant_id, version)
            INSERT INTO client_registry.audit_logs (actor, action, entity, tenant_id, payload)
            SELECT 'gateway', 'client.secret_rehashed', 'client:' || client_id::text, tenant_id,
                jsonb_build_object('pepper_id', split_part($3, ':', 2), 'version', version)
            FROM moved
            """;

    private final SqlClient postgres;

    public PgPeppers(SqlClient postgres) {
        this.postgres = postgres;
    }

    /** What stands under one pepper. */
    public record Standing(String pepperId, long keys, long secrets) {}

    /** Keys and secrets by pepper, the first thousand peppers. Reads both tables. */
    public Future<List<Standing>> standing(Deadline deadline) {
        return PgClientRegistry.within(
                deadline, postgres.preparedQuery(STANDING).execute().map(rows -> {
                    List<Standing> all = new ArrayList<>();
                    for (Row row : rows) {
                        all.add(new Standing(row.getString("pepper"), row.getLong("keys"), row.getLong("secrets")));
                    }
                    return all;
                }));
    }

    /** Whether there are keys, and none that was digested under one of these peppers. */
    public Future<Boolean> hasOnlyKeysOfOthers(List<String> pepperIds, Deadline deadline) {
        return PgClientRegistry.within(
                deadline,
                postgres.preparedQuery(ONLY_OTHERS)
                        .execute(Tuple.of(pepperIds.toArray(new String[0])))
                        .map(rows -> rows.iterator().next().getBoolean(0)));
    }

    @Override
    public Future<Boolean> moveKey(KeyDigest from, KeyDigest to, String pepperId, Deadline deadline) {
        return moved(MOVE_KEY, Tuple.of(Buffer.buffer(from.bytes()), Buffer.buffer(to.bytes()), pepperId), deadline);
    }

    @Override
    public Future<Boolean> moveSecret(String clientId, String from, String to, Deadline deadline) {
        return moved(MOVE_SECRET, Tuple.of(clientId, from, to), deadline);
    }

    private Future<Boolean> moved(String sql, Tuple values, Deadline deadline) {
        return PgClientRegistry.within(
                deadline, postgres.preparedQuery(sql).execute(values).map(rows -> rows.rowCount() > 0));
    }
}
