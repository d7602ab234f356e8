package io.portcullis.sync;

/** The SQL of {@code cids}, and of what is told of its clients in the audit. */
final class CidSql {

    private CidSql() {}

    /**
     * One row each, and those back that are not as they were. Who cannot be read keeps the cid that it had. What is reported anew: was not
     * reported as it is.
     */
    static final String RECORD = """
            WITH given AS (
                SELECT g.client_id::uuid AS client_id, g.cid, g.status
                FROM unnest($1::text[], $2::text[], $3::text[]) AS g (client_id, cid, status)),
            before AS MATERIALIZED (
                SELECT client_id, cid, sync_status FROM client_registry.cids WHERE client_id = ANY ($1::text[]::uuid[])),
            written AS (
                INSERT INTO client_registry.cids AS c (client_id, cid, sync_status)
                SELECT client_id, cid, status FROM given ORDER BY client_id
                ON CONFLICT (client_id) DO UPDATE SET cid = coalesce(excluded.cid, c.cid), sync_status = excluded.sync_status,
                    synced_at = clock_timestamp())
            SELECT g.client_id::text AS client_id, b.client_id IS NOT NULL AS known,
                g.status = 'REPORTED' AND (b.sync_status IS DISTINCT FROM 'REPORTED' OR coalesce(b.cid <> g.cid, false)) AS reported
            FROM given g LEFT JOIN before b USING (client_id)
            WHERE CASE WHEN b.client_id IS NULL THEN g.status = 'REPORTED'
                ELSE b.sync_status <> g.status OR coalesce(g.cid, b.cid) IS DISTINCT FROM b.cid END
            """;

    static final String REPORT = """
            INSERT INTO client_registry.audit_logs (actor, action, entity, tenant_id, key, cid, correlation_id, payload)
            SELECT 'sync', 'sync.reported', 'client:' || g.key, k.tenant_id, g.key, g.cid, $2, g.payload
            FROM jsonb_to_recordset($1::text::jsonb) AS g (key text, cid text, payload jsonb)
                LEFT JOIN client_registry.clients k ON k.client_id = g.key::uuid
            """;

    /** Clients that are here and that the source has had: by a comparison, or by its events. */
    private static final String KNOWN = """
            client_registry.clients k
            LEFT JOIN client_registry.cids c USING (client_id)
            LEFT JOIN client_registry.source_clients s USING (client_id)
            WHERE (c.client_id IS NOT NULL OR s.client_id IS NOT NULL) AND c.sync_status IS DISTINCT FROM 'ABSENT_AT_SOURCE'
            """;

    /** Not met since the beginning; who was made or told of since then may have come behind the cursor's back. */
    private static final String NOT_MET = """
            coalesce(c.synced_at < $1, true) AND k.created_at < $1 AND coalesce(k.last_synced_at < $1, true)
            """;

    static final String COUNT_GONE =
            "SELECT count(*) AS known, count(*) FILTER (WHERE " + NOT_MET + ") AS gone FROM " + KNOWN;

    /** When they were compared last stays: it tells since when they may be gone. */
    static final String MARK_GONE = """
            WITH gone AS MATERIALIZED (
                SELECT client_id, k.tenant_id, c.cid, c.synced_at FROM %s AND %s LIMIT $2),
            marked AS (
                INSERT INTO client_registry.cids (client_id, cid, sync_status)
                SELECT client_id, cid, 'ABSENT_AT_SOURCE' FROM gone ORDER BY client_id
                ON CONFLICT (client_id) DO UPDATE SET sync_status = excluded.sync_status),
            told AS (
                INSERT INTO client_registry.audit_logs (actor, action, entity, tenant_id, key, cid, correlation_id, payload)
                SELECT 'sync', 'sync.absent', 'client:' || client_id, tenant_id, client_id::text, cid, $3,
                    jsonb_build_object('compared_at', synced_at)
                FROM gone)
            SELECT client_id::text FROM gone
            """.formatted(KNOWN, NOT_MET);

    /** They are neither here nor there. */
    static final String FORGET = """
            DELETE FROM client_registry.cids WHERE client_id = ANY (ARRAY(
                SELECT c.client_id FROM client_registry.cids c
                WHERE c.synced_at < $1 AND NOT EXISTS (SELECT FROM client_registry.clients k WHERE k.client_id = c.client_id)
                LIMIT $2))
            RETURNING client_id::text
            """;

    static final String FIND =
            "SELECT cid, sync_status, synced_at FROM client_registry.cids WHERE client_id = $1::text::uuid";

    /** With what the audit told of each last. */
    static final String DIFFERENCES = """
            SELECT c.client_id::text AS client_id, c.cid, c.sync_status, c.synced_at, a.occurred_at AS since, a.payload::text AS why
            FROM client_registry.cids c
            LEFT JOIN LATERAL (
                SELECT occurred_at, payload FROM client_registry.audit_logs
                WHERE key = c.client_id::text
                    AND action = CASE c.sync_status WHEN 'REPORTED' THEN 'sync.reported' ELSE 'sync.absent' END
                ORDER BY occurred_at DESC, id DESC LIMIT 1) a ON true
            WHERE c.sync_status IN ('REPORTED', 'ABSENT_AT_SOURCE') AND ($1::text IS NULL OR c.client_id > $1::text::uuid)
            ORDER BY c.client_id LIMIT $2
            """;
}
