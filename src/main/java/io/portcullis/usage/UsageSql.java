package io.portcullis.usage;

/** The room's SQL. */
final class UsageSql {

    private UsageSql() {}

    /**
     * For the rest of the transaction. Who deletes many keys at once, and we, may wait for each other: we give up before PostgreSQL looks for a
     * deadlock (a second), since the other one would not try again.
     */
    static final String LIMITS =
            "SELECT set_config('lock_timeout', '500ms', true), set_config('statement_timeout', '4s', true)";

    /** No row where that batch, or a later one, is written already. */
    private static final String TURN = """
            WITH turn AS (
                INSERT INTO client_registry.write_behind (writer, batch) VALUES ($1, $2)
                ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, written_at = clock_timestamp()
                WHERE write_behind.batch < excluded.batch
                RETURNING batch)
            """;

    /** Keys that are gone are left out. In the order of the ids, so that nodes which write the same ones wait and do not deadlock. */
    static final String KEYS = TURN + """
            INSERT INTO client_registry.client_key_usage AS u (key_id, use_count, last_used_at)
            SELECT k.key_id, used.times, now() - used.age_ms * INTERVAL '1 millisecond'
            FROM turn CROSS JOIN unnest($3::uuid[], $4::bigint[], $5::bigint[]) AS used (key_id, times, age_ms)
            JOIN client_registry.client_keys k ON k.key_id = used.key_id
            ORDER BY k.key_id
            ON CONFLICT (key_id) DO UPDATE SET use_count = u.use_count + excluded.use_count,
                last_used_at = greatest(u.last_used_at, excluded.last_used_at)
            """;

    static final String MINUTES = TURN + """
            INSERT INTO client_registry.traffic_minutes AS t (minute, node_id, counts, slowest_us, clients)
            SELECT m.minute, $3, m.counts::jsonb, m.slowest_us, m.clients::jsonb
            FROM turn CROSS JOIN unnest($4::timestamptz[], $5::text[], $6::bigint[], $7::text[])
                AS m (minute, counts, slowest_us, clients)
            ORDER BY m.minute
            ON CONFLICT (minute, node_id) DO UPDATE
            SET counts = excluded.counts, slowest_us = excluded.slowest_us, clients = excluded.clients
            """;

    /** By PostgreSQL's clock: a node whose own is wrong must not delete what others wrote. */
    static final String PRUNE_MINUTES =
            "DELETE FROM client_registry.traffic_minutes WHERE minute < now() - INTERVAL '1 day'";

    /** Of nodes that are gone: a batch is not repeated so late. */
    static final String PRUNE_WRITERS =
            "DELETE FROM client_registry.write_behind WHERE written_at < now() - INTERVAL '1 day'";

    /** Summed here: of many nodes, a day is much to read. */
    static final String READ = """
            WITH kept AS MATERIALIZED (
                SELECT minute, node_id, counts, slowest_us FROM client_registry.traffic_minutes
                WHERE minute >= $1 AND minute <= $2),
            summed AS (
                SELECT minute, jsonb_object_agg(key, n) AS counts
                FROM (SELECT minute, key, sum(value::bigint) AS n FROM kept, jsonb_each_text(kept.counts) GROUP BY minute, key) s
                GROUP BY minute),
            slowest AS (SELECT minute, max(slowest_us) AS slowest_us FROM kept GROUP BY minute)
            SELECT minute, coalesce(counts, '{}') AS counts, slowest_us, (SELECT count(DISTINCT node_id) FROM kept) AS nodes
            FROM slowest LEFT JOIN summed USING (minute) ORDER BY minute
            """;

    /** Also of clients that are gone. */
    static final String READ_CLIENTS = """
            SELECT busiest.client_id, c.client_code, c.tenant_id, busiest.requests
            FROM (SELECT key AS client_id, sum(value::bigint)::bigint AS requests
                  FROM client_registry.traffic_minutes, jsonb_each_text(clients)
                  WHERE minute >= $1 AND minute <= $2 GROUP BY key ORDER BY requests DESC, key LIMIT $3) busiest
            LEFT JOIN client_registry.clients c ON c.client_id = busiest.client_id::uuid
            ORDER BY busiest.requests DESC, busiest.client_id
            """;
}
