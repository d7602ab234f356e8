package io.portcullis.accounts;

/** This room's SQL. Columns are named; texts that others may have written come cut, arrays flattened, times as ISO 8601 text. */
final class AccountSql {

    private AccountSql() {}

    /** One more than a header may hold. */
    private static final int TEXT = 2049;

    private static final int ENTRIES = 1001;

    /** Larger metadata, which only others write, is not shown. In bytes. */
    private static final int METADATA = 1 << 20;

    private static final String CLIENT =
            """
            c.client_id::text AS c_id, left(c.client_code, %1$d) AS c_code, left(c.tenant_id, %1$d) AS c_tenant,
            left(c.owner_user_id, %1$d) AS c_owner, left(c.bap_id, %1$d) AS c_bap_id, left(c.bap_uri, %1$d) AS c_bap_uri,
            ARRAY(SELECT coalesce(i::text, '') FROM unnest(c.allowed_ips) i LIMIT %2$d) AS c_ips, c.rate_limit AS c_rate, c.status AS c_status,
            ARRAY(SELECT left(coalesce(s, ''), %1$d) FROM unnest(c.scopes) s LIMIT %2$d) AS c_scopes, c.grace_seconds AS c_grace,
            c.client_secret_hash IS NOT NULL AS c_secret,
            CASE WHEN octet_length(c.metadata::text) <= %3$d THEN c.metadata::text END AS c_metadata,
            %4$s AS c_created, %5$s AS c_updated, %6$s AS c_synced, c.version AS c_version
            """.formatted(TEXT, ENTRIES, METADATA, iso("c.created_at"), iso("c.updated_at"), iso("c.last_synced_at"));

    private static final String KEY =
            """
            k.key_id::text AS k_id, k.client_id::text AS k_client, left(k.prefix, %1$d) AS k_prefix, left(k.name, %1$d) AS k_name,
            k.status AS k_status, ARRAY(SELECT left(coalesce(s, ''), %1$d) FROM unnest(k.scopes) s LIMIT %2$d) AS k_scopes,
            %3$s AS k_from, %4$s AS k_until, %5$s AS k_created, k.version AS k_version
            """.formatted(TEXT, ENTRIES, iso("k.not_before"), iso("k.expires_at"), iso("k.created_at"));

    private static final String USAGE =
            ", " + iso("u.last_used_at") + " AS k_used, coalesce(u.use_count, 0) AS k_uses ";
    private static final String NO_USAGE = ", NULL::text AS k_used, 0::bigint AS k_uses ";

    // A transaction of this room.

    static final String LIMIT =
            "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true)";

    static final String AS_TENANT =
            "SELECT set_config('portcullis.tenant', $1, true), set_config('role', 'portcullis_tenant', true)";

    static final String AS_OURSELVES = "SELECT set_config('role', 'none', true)";

    /** Null where nothing was written. */
    static final String XID = "SELECT pg_current_xact_id_if_assigned()::text";

    /** One that changed no record stands at the end of the log. */
    static final String SEQ_OF = """
            SELECT coalesce((SELECT seq FROM client_registry.registry_commits WHERE xid = $1::text::xid8), client_registry.current_seq())
            """;

    static final String AUDIT = """
            INSERT INTO client_registry.audit_logs (actor, action, entity, tenant_id, correlation_id, reason, payload)
            VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
            """;

    /** Held to the end of the transaction: who has it is the only one at work under that key. */
    static final String ONCE_LOCK =
            "SELECT pg_try_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 0))";

    static final String ONCE_FIND = """
            SELECT request_hash, envelope::text, xid::text FROM client_registry.idempotency_keys
            WHERE token_id = $1 AND idempotency_key = $2 AND created_at > now() - INTERVAL '24 hours'
            """;

    static final String ONCE_KEEP = """
            INSERT INTO client_registry.idempotency_keys (token_id, idempotency_key, request_hash, envelope)
            VALUES ($1, $2, $3, $4::text::jsonb)
            ON CONFLICT (token_id, idempotency_key) DO UPDATE SET request_hash = excluded.request_hash, envelope = excluded.envelope,
                xid = excluded.xid, created_at = excluded.created_at
            """;

    /** A few at a time, whenever another is kept: that is as often as they come. */
    static final String ONCE_PRUNE = """
            DELETE FROM client_registry.idempotency_keys WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM client_registry.idempotency_keys WHERE created_at < now() - INTERVAL '24 hours'
                ORDER BY created_at LIMIT 20 FOR UPDATE SKIP LOCKED))
            """;

    // Clients.

    static final String CLIENT_BY_ID =
            "SELECT " + CLIENT + "FROM client_registry.clients c WHERE c.client_id = $1::text::uuid";

    static final String CLIENT_LOCKED = CLIENT_BY_ID + " FOR UPDATE OF c";

    /** Without its metadata cut: what is changed is changed in full. */
    static final String METADATA_OF =
            "SELECT metadata::text FROM client_registry.clients WHERE client_id = $1::text::uuid";

    /** Any condition may be null. {@code $5}: a part of the code or of the BAP id, or a whole client id. */
    static final String CLIENTS = "SELECT " + CLIENT + """
            FROM client_registry.clients c
            WHERE ($1::text IS NULL OR c.client_id > $1::text::uuid) AND ($2::text IS NULL OR c.owner_user_id = $2::text)
                AND ($3::text IS NULL OR c.tenant_id = $3::text) AND ($4::text IS NULL OR c.status = $4::text)
                AND ($5::text IS NULL OR strpos(lower(c.client_code), lower($5::text)) > 0 OR strpos(lower(c.bap_id), lower($5::text)) > 0
                    OR c.client_id::text = lower($5::text))
            ORDER BY c.client_id LIMIT $6
            """;

    /** Rows that are there already are left out of what comes back. */
    static final String CLIENT_NEW = """
            INSERT INTO client_registry.clients AS c (client_id, client_code, tenant_id, owner_user_id, bap_id, bap_uri, allowed_ips,
                rate_limit, status, scopes, grace_seconds, metadata)
            VALUES ($1::text::uuid, $2, $3, $4, $5, $6, ($7::text[])::cidr[], $8, $9, $10::text[], $11, $12::text::jsonb)
            ON CONFLICT (client_id) DO NOTHING RETURNING
            """ + CLIENT;

    static final String CLIENT_CHANGE = """
            UPDATE client_registry.clients AS c SET client_code = $2, tenant_id = $3, owner_user_id = $4, bap_id = $5, bap_uri = $6,
                allowed_ips = ($7::text[])::cidr[], rate_limit = $8, scopes = $9::text[], grace_seconds = $10, metadata = $11::text::jsonb
            WHERE c.client_id = $1::text::uuid RETURNING
            """ + CLIENT;

    static final String CLIENT_STATUS =
            "UPDATE client_registry.clients AS c SET status = $2 WHERE c.client_id = $1::text::uuid RETURNING "
                    + CLIENT;

    /** Rows that are there already are left out of what comes back. */
    static final String IMPORT_CLIENTS = """
            INSERT INTO client_registry.clients AS c (client_id, client_code, tenant_id, owner_user_id, bap_id, bap_uri, allowed_ips,
                rate_limit, status, scopes, grace_seconds, metadata)
            SELECT r.client_id, r.client_code, r.tenant_id, r.owner_user_id, r.bap_id, r.bap_uri, r.allowed_ips::cidr[], r.rate_limit,
                r.status, r.scopes, r.grace_seconds, r.metadata
            FROM jsonb_to_recordset($1::text::jsonb) AS r (client_id UUID, client_code TEXT, tenant_id TEXT, owner_user_id TEXT, bap_id TEXT,
                bap_uri TEXT, allowed_ips TEXT[], rate_limit INTEGER, status TEXT, scopes TEXT[], grace_seconds INTEGER, metadata JSONB)
            ON CONFLICT (client_id) DO NOTHING RETURNING c.client_id::text, c.version
            """;

    static final String IMPORT_KEYS = """
            INSERT INTO client_registry.client_keys (key_id, client_id, digest, pepper_id, prefix)
            SELECT r.key_id, r.client_id, decode(r.digest, 'hex'), r.pepper_id, r.prefix
            FROM jsonb_to_recordset($1::text::jsonb) AS r (key_id UUID, client_id UUID, digest TEXT, pepper_id TEXT, prefix TEXT)
            """;

    static final String IMPORT_AUDIT = """
            INSERT INTO client_registry.audit_logs (actor, action, entity, tenant_id, correlation_id, payload)
            SELECT $1, 'client.registered', r.entity, r.tenant_id, $2, r.payload
            FROM jsonb_to_recordset($3::text::jsonb) AS r (entity TEXT, tenant_id TEXT, payload JSONB)
            """;

    // Keys.

    static final String KEYS = "SELECT " + KEY + USAGE + """
            FROM client_registry.client_keys k LEFT JOIN client_registry.client_key_usage u USING (key_id)
            WHERE k.client_id = $1::text::uuid AND ($2::text IS NULL OR k.key_id > $2::text::uuid) ORDER BY k.key_id LIMIT $3
            """;

    static final String KEY_LOCKED = "SELECT " + KEY + NO_USAGE + """
            , k.status = 'ACTIVE' AND (k.expires_at IS NULL OR k.expires_at > now()) AS k_good
            FROM client_registry.client_keys k
            WHERE k.key_id = $1::text::uuid AND k.client_id = $2::text::uuid FOR UPDATE OF k
            """;

    static final String KEY_NEW = """
            INSERT INTO client_registry.client_keys AS k (key_id, client_id, digest, pepper_id, prefix, name, scopes, not_before, expires_at)
            VALUES ($1::text::uuid, $2::text::uuid, $3, $4, $5, $6, $7::text[], $8::text::timestamptz, $9::text::timestamptz) RETURNING
            """ + KEY + NO_USAGE;

    /** As the other, with what it does not change. */
    static final String KEY_SUCCESSOR = """
            INSERT INTO client_registry.client_keys AS k (key_id, client_id, digest, pepper_id, prefix, name, scopes, not_before, expires_at)
            SELECT $1::text::uuid, client_id, $3, $4, $5, name, scopes, NULL, expires_at
            FROM client_registry.client_keys WHERE key_id = $2::text::uuid RETURNING
            """ + KEY + NO_USAGE;

    /** Milliseconds from now; never later than it ends anyhow. */
    static final String KEY_END = """
            UPDATE client_registry.client_keys AS k
            SET expires_at = least(k.expires_at, now() + $2::bigint * INTERVAL '1 millisecond') WHERE k.key_id = $1::text::uuid RETURNING
            """ + KEY + NO_USAGE;

    static final String KEY_REVOKE =
            "UPDATE client_registry.client_keys AS k SET status = 'REVOKED' WHERE k.key_id = $1::text::uuid RETURNING "
                    + KEY + NO_USAGE;

    // To explain a decision.

    static final String CLIENT_AND_SECRET = "SELECT " + CLIENT + """
            , left(c.client_secret_hash, %d) AS c_hash FROM client_registry.clients c WHERE c.client_id = $1::text::uuid
            """.formatted(TEXT);

    private static final String KEY_STATE = """
            , CASE WHEN k.status <> 'ACTIVE' THEN 'is revoked' WHEN k.expires_at <= now() THEN 'has expired'
                WHEN k.not_before > now() THEN 'is not valid yet' ELSE '' END AS k_state
            FROM client_registry.client_keys k
            """;

    static final String KEY_BY_ID = "SELECT " + KEY + NO_USAGE + KEY_STATE + "WHERE k.key_id = $1::text::uuid";

    static final String KEY_BY_DIGEST = "SELECT " + KEY + NO_USAGE + KEY_STATE + "WHERE k.digest = $1";

    // Tokens.

    private static final String TOKEN = """
            t.token_id::text AS t_id, t.name AS t_name, t.role AS t_role, t.tenant_id AS t_tenant, %s AS t_created, t.created_by AS t_by,
            %s AS t_until, %s AS t_revoked
            """.formatted(iso("t.created_at"), iso("t.expires_at"), iso("t.revoked_at"));

    static final String TOKEN_BY_DIGEST = """
            SELECT token_id::text, name, role, tenant_id FROM client_registry.admin_tokens
            WHERE digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
            """;

    static final String TOKENS = "SELECT " + TOKEN + """
            FROM client_registry.admin_tokens t WHERE ($1::text IS NULL OR t.token_id > $1::text::uuid)
                AND ($2::text IS NULL OR t.tenant_id = $2::text) ORDER BY t.token_id LIMIT $3
            """;

    static final String TOKEN_LOCKED =
            "SELECT " + TOKEN + "FROM client_registry.admin_tokens t WHERE t.token_id = $1::text::uuid FOR UPDATE OF t";

    static final String TOKEN_NEW = """
            INSERT INTO client_registry.admin_tokens AS t (token_id, name, digest, role, tenant_id, created_by, expires_at)
            VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7::text::timestamptz) RETURNING
            """ + TOKEN;

    /** Whether a token may be bound to a tenant at all. */
    static final String ADMIT_TENANTS = "SELECT client_registry.admit_tenants()";

    static final String TOKEN_REVOKE = """
            UPDATE client_registry.admin_tokens AS t SET revoked_at = coalesce(t.revoked_at, clock_timestamp())
            WHERE t.token_id = $1::text::uuid RETURNING
            """ + TOKEN;

    // The audit, newest first, from behind a moment and an id.

    static final String AUDITS = """
            SELECT a.id, to_char(a.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
                (extract(epoch FROM a.occurred_at) * 1000000)::bigint AS micros, a.actor, a.action, a.entity, a.tenant_id,
                a.correlation_id, a.reason, a.key, a.cid, CASE WHEN octet_length(a.payload::text) <= 1048576 THEN a.payload::text END AS payload
            FROM client_registry.audit_logs a
            WHERE ($1::text IS NULL OR a.entity = $1::text) AND ($2::text IS NULL OR a.actor = $2::text)
                AND ($3::text IS NULL OR a.occurred_at >= $3::text::timestamptz) AND ($4::text IS NULL OR a.occurred_at < $4::text::timestamptz)
                AND ($5::bigint IS NULL OR (a.occurred_at, a.id)
                    < (TIMESTAMPTZ 'epoch' + $5::bigint * INTERVAL '1 microsecond', $6::bigint))
                AND ($7::text IS NULL OR a.tenant_id = $7::text)
            ORDER BY a.occurred_at DESC, a.id DESC LIMIT $8
            """;

    static final String FORGET = "SELECT client_registry.forget($1::text::uuid)";

    private static String iso(String column) {
        return ("CASE WHEN isfinite(%1$s) THEN to_char(%1$s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
                        + " ELSE %1$s::text END")
                .formatted(column);
    }
}
