package io.portcullis.source;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The SQL of what the source says. Ids come sorted, so that writers who meet take the same rows in the same order. */
final class SourceSql {

    private SourceSql() {}

    /** Those that were not there; waits for who is just writing one of them. */
    static final String REMEMBER = """
            INSERT INTO client_registry.source_events (event_id) SELECT unnest($1::text[])
            ON CONFLICT (event_id) DO NOTHING RETURNING event_id
            """;

    static final String MAKE_SAID = """
            INSERT INTO client_registry.source_clients (client_id) SELECT unnest($1::text[])::uuid ON CONFLICT (client_id) DO NOTHING
            """;

    private static final String SAID = """
            SELECT client_id::text AS s_id, status AS s_status, secret_hash AS s_hash, stamps::text AS s_stamps
            FROM client_registry.source_clients WHERE client_id = ANY ($1::text[]::uuid[])
            """;

    private static final String CLIENTS = """
            SELECT client_id::text AS c_id, left(client_code, 2049) AS client_code, left(tenant_id, 2049) AS tenant_id,
                left(owner_user_id, 2049) AS owner_user_id, left(client_secret_hash, 2049) AS client_secret_hash,
                left(bap_id, 2049) AS bap_id, left(bap_uri, 2049) AS bap_uri,
                ARRAY(SELECT unnest(allowed_ips)::text LIMIT 1001) AS allowed_ips, rate_limit,
                metadata IS NOT NULL AS has_metadata,
                CASE WHEN pg_column_size(metadata) <= 262144 THEN metadata::text END AS metadata, status
            FROM client_registry.clients WHERE client_id = ANY ($1::text[]::uuid[])
            """;

    static final String READ_SAID = SAID;
    static final String READ_CLIENTS = CLIENTS;
    static final String LOCK_SAID = SAID + " ORDER BY client_id FOR NO KEY UPDATE";
    static final String LOCK_CLIENTS = CLIENTS + " ORDER BY client_id FOR NO KEY UPDATE";

    private static final String GIVEN = """
            jsonb_to_recordset($1::text::jsonb) AS g (client_id uuid, client_code text, tenant_id text, owner_user_id text,
                client_secret_hash text, bap_id text, bap_uri text, allowed_ips text[], rate_limit integer, metadata jsonb, status text)
            """;

    static final String INSERT_CLIENTS = """
            INSERT INTO client_registry.clients (client_id, client_code, tenant_id, owner_user_id, client_secret_hash, bap_id, bap_uri,
                allowed_ips, rate_limit, metadata, status, last_synced_at)
            SELECT client_id, client_code, tenant_id, owner_user_id, client_secret_hash, bap_id, bap_uri, allowed_ips::cidr[], rate_limit,
                metadata, status, now()
            FROM
            """ + GIVEN + " ON CONFLICT (client_id) DO NOTHING";

    /** Only what has changed: what is here may be more than was read of it. */
    static final String UPDATE_CLIENTS = """
            UPDATE client_registry.clients AS c SET %s, last_synced_at = now()
            FROM %s WHERE c.client_id = g.client_id
            """.formatted(
                    Arrays.stream(Field.all()).map(SourceSql::assignment).collect(Collectors.joining(", ")),
                    GIVEN.replace("status text)", "status text, changed text[])"));

    private static String assignment(Field field) {
        String given = field == Field.ALLOWED_IPS ? "g.allowed_ips::cidr[]" : "g." + field.text();
        return "%1$s = CASE WHEN '%1$s' = ANY (g.changed) THEN %2$s ELSE c.%1$s END".formatted(field.text(), given);
    }

    static final String UPDATE_SAID = """
            UPDATE client_registry.source_clients AS s SET status = g.status, secret_hash = g.secret_hash, stamps = g.stamps
            FROM jsonb_to_recordset($1::text::jsonb) AS g (client_id uuid, status text, secret_hash text, stamps jsonb)
            WHERE s.client_id = g.client_id
            """;

    static final String INSERT_AUDIT = """
            INSERT INTO client_registry.audit_logs (actor, action, entity, tenant_id, key, cid, correlation_id, payload)
            SELECT 'admin-service', action, 'client:' || key, tenant_id, key, cid, correlation_id, payload
            FROM jsonb_to_recordset($1::text::jsonb) AS g (action text, tenant_id text, key text, cid text, correlation_id text, payload jsonb)
            """;

    static final String PRUNE = """
            DELETE FROM client_registry.source_events WHERE event_id = ANY (ARRAY(
                SELECT event_id FROM client_registry.source_events
                WHERE applied_at < clock_timestamp() - $1 * INTERVAL '1 millisecond' ORDER BY applied_at LIMIT $2))
            """;
}
