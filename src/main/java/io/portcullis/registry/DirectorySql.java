package io.portcullis.registry;

/** The directory's SQL: as {@link RegistrySql}, total for whatever somebody wrote into a row. */
final class DirectorySql {

    private DirectorySql() {}

    private static final String CLIENT = RegistrySql.CLIENT_COLUMNS + ", "
            + iso("c.created_at") + " AS c_created, "
            + iso("c.updated_at") + " AS c_updated, "
            + iso("c.last_synced_at") + " AS c_synced FROM client_registry.clients c ";

    /** From behind an id (null: from the first), of one status (null: of any), so many. */
    static final String LIST = "SELECT " + CLIENT + """
            WHERE ($1::text IS NULL OR c.client_id > $1::text::uuid) AND ($2::text IS NULL OR c.status = $2::text)
            ORDER BY c.client_id LIMIT $3
            """;

    static final String CLIENT_BY_ID = "SELECT " + CLIENT + "WHERE c.client_id = $1::text::uuid";

    static final String IDS_BY_CODE =
            "SELECT client_id::text FROM client_registry.clients WHERE client_code = $1 ORDER BY client_id LIMIT $2";

    static final String KEYS = """
            SELECT k.key_id::text AS k_id, left(k.prefix, %1$d) AS k_prefix, left(k.name, %1$d) AS k_name, k.status AS k_status,
                ARRAY(SELECT left(coalesce(s, ''), %1$d) FROM unnest(k.scopes) s LIMIT 1001) AS k_scopes,
                %2$s AS k_from, %3$s AS k_until, %4$s AS k_created, %5$s AS k_used, coalesce(u.use_count, 0) AS k_uses
            FROM client_registry.client_keys k LEFT JOIN client_registry.client_key_usage u USING (key_id)
            WHERE k.client_id = $1::text::uuid ORDER BY k.key_id LIMIT $2
            """.formatted(
                    RegistrySql.TEXT_LIMIT,
                    iso("k.not_before"),
                    iso("k.expires_at"),
                    iso("k.created_at"),
                    iso("u.last_used_at"));

    private static String iso(String column) {
        return ("CASE WHEN isfinite(%1$s) THEN to_char(%1$s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
                        + " ELSE %1$s::text END")
                .formatted(column);
    }
}
