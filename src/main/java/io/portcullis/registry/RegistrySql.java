package io.portcullis.registry;

/**
 * The registry's SQL. Columns are named, never {@code *}: a prepared statement outlives the next migration. Texts come cut to one more
 * than a header may hold, arrays flattened, timestamps as milliseconds with infinities mapped: whatever somebody wrote into a row, reading
 * it neither fails nor fills the memory.
 */
final class RegistrySql {

    private RegistrySql() {}

    static final int TEXT_LIMIT = 2049;

    static final String CLIENT_COLUMNS = """
            c.client_id::text AS c_id, left(c.client_code, %1$d) AS c_code, left(c.tenant_id, %1$d) AS c_tenant,
            left(c.owner_user_id, %1$d) AS c_owner, left(c.client_secret_hash, %1$d) AS c_secret, left(c.bap_id, %1$d) AS c_bap_id,
            left(c.bap_uri, %1$d) AS c_bap_uri, ARRAY(SELECT unnest(c.allowed_ips)::text LIMIT 1001) AS c_ips,
            c.rate_limit AS c_rate, c.status AS c_status, ARRAY(SELECT left(unnest(c.scopes), %1$d) LIMIT 1001) AS c_scopes,
            c.grace_seconds AS c_grace, left(c.metadata->>'limit_policy', 41) AS c_limit_policy, c.version AS c_version
            """.formatted(TEXT_LIMIT);

    private static final String KEY_COLUMNS = """
            k.key_id::text AS k_id, k.client_id::text AS k_client, k.status AS k_status,
            ARRAY(SELECT left(unnest(k.scopes), %1$d) LIMIT 1001) AS k_scopes, %2$s AS k_from, %3$s AS k_until,
            k.version AS k_version
            """.formatted(TEXT_LIMIT, millis("k.not_before"), millis("k.expires_at"));

    /** In the statement's own snapshot, so that the position is never ahead of what the row shows. One row, also where nothing is found. */
    private static final String POSITION =
            "client_registry.current_epoch() AS p_epoch, client_registry.current_seq() AS p_seq";

    static final String FIND_BY_DIGEST = "SELECT " + POSITION + ", " + KEY_COLUMNS + ", " + CLIENT_COLUMNS + """
            FROM (VALUES (1)) one
            LEFT JOIN client_registry.client_keys k ON k.digest = $1
            LEFT JOIN client_registry.clients c ON c.client_id = k.client_id
            """;

    /** The position once for all rows: they are of one snapshot. A digest of another length is nobody's. */
    static final String WARM =
            "WITH here AS MATERIALIZED (SELECT " + POSITION + "), " + """
            wanted AS (
                SELECT k.key_id, u.last_used_at, k.created_at
                FROM client_registry.client_keys k LEFT JOIN client_registry.client_key_usage u USING (key_id)
                WHERE k.status = 'ACTIVE' AND octet_length(k.digest) = 32
                    AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
                ORDER BY u.last_used_at DESC NULLS LAST, k.created_at DESC, k.key_id
                LIMIT $1)
            SELECT here.p_epoch, here.p_seq, k.digest AS k_digest,
            """ + KEY_COLUMNS + ", " + CLIENT_COLUMNS + """
            FROM here CROSS JOIN wanted w
            JOIN client_registry.client_keys k USING (key_id)
            JOIN client_registry.clients c USING (client_id)
            ORDER BY w.last_used_at DESC NULLS LAST, w.created_at DESC, w.key_id
            """;

    /** For the rest of the transaction. */
    static final String STATEMENT_LIMIT = "SELECT set_config('statement_timeout', $1, true)";

    static final String FIND_BY_CLIENT_ID = "SELECT " + POSITION + ", " + CLIENT_COLUMNS + """
            FROM (VALUES (1)) one
            LEFT JOIN client_registry.clients c ON c.client_id = $1::text::uuid
            """;

    /** A row for each client, one without an id where there is none. */
    static final String FIND_OWNED = "SELECT " + POSITION + """
            , c.client_id::text AS c_id FROM (VALUES (1)) one
            LEFT JOIN LATERAL (SELECT client_id FROM client_registry.clients WHERE owner_user_id = $1 ORDER BY client_id LIMIT $2) c ON true
            """;

    /** Null where nothing was written. */
    static final String CURRENT_XID = "SELECT pg_current_xact_id_if_assigned()::text";

    /** Where a transaction stands in the log; one that changed nothing stands at its end. */
    static final String POSITION_OF = """
            SELECT client_registry.current_epoch() AS p_epoch,
                coalesce((SELECT seq FROM client_registry.registry_commits WHERE xid = $1::text::xid8), client_registry.current_seq()) AS p_seq
            """;

    static final String IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM client_registry.clients)";

    static final String LOCK_CLIENT =
            "SELECT status, version FROM client_registry.clients WHERE client_id = $1::text::uuid FOR UPDATE";

    /** An existing client keeps its status: that is taken from step to step, by the rules of its life. */
    static final String UPSERT_CLIENT = """
            INSERT INTO client_registry.clients AS c (client_id, client_code, tenant_id, owner_user_id, client_secret_hash, bap_id, bap_uri,
                allowed_ips, rate_limit, status, scopes, grace_seconds, metadata)
            VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, ($8::text[])::cidr[], $9, $10, $11::text[], $12, $13::text::jsonb)
            ON CONFLICT (client_id) DO UPDATE SET client_code = excluded.client_code, tenant_id = excluded.tenant_id,
                owner_user_id = excluded.owner_user_id, client_secret_hash = excluded.client_secret_hash,
                bap_id = excluded.bap_id, bap_uri = excluded.bap_uri, allowed_ips = excluded.allowed_ips,
                rate_limit = excluded.rate_limit, scopes = excluded.scopes, grace_seconds = excluded.grace_seconds,
                metadata = excluded.metadata
            RETURNING
            """ + CLIENT_COLUMNS;

    static final String INSERT_KEY = """
            INSERT INTO client_registry.client_keys (client_id, digest, pepper_id, prefix, name, scopes, not_before, expires_at)
            VALUES ($1::text::uuid, $2, $3, $4, $5, $6::text[], $7, $8)
            """;

    static final String UPDATE_STATUS =
            "UPDATE client_registry.clients AS c SET status = $2 WHERE client_id = $1::text::uuid RETURNING "
                    + CLIENT_COLUMNS;

    static final String INSERT_AUDIT = """
            INSERT INTO client_registry.audit_logs (actor, action, entity, tenant_id, correlation_id, reason, payload)
            VALUES ($1, $2, 'client:' || $3::text, $4, $5, $6, $7::text::jsonb)
            """;

    private static String millis(String column) {
        return ("CASE WHEN %1$s IS NULL THEN NULL WHEN isfinite(%1$s) THEN floor(extract(epoch FROM %1$s) * 1000)::bigint"
                        + " WHEN %1$s = 'infinity' THEN 9223372036854775807 ELSE (-9223372036854775807 - 1) END")
                .formatted(column);
    }
}
