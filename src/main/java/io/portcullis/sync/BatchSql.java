package io.portcullis.sync;

/** The SQL of the day's row. */
final class BatchSql {

    private BatchSql() {}

    static final String COLUMNS =
            "batch_date, token, status, cursor, total, matched, repaired, reported, absent, started_at, updated_at, completed_at, error";

    private static final String TODAY = "(clock_timestamp() AT TIME ZONE 'UTC')::date";

    private static final String RESUMES = "(NOT $2 AND b.status <> 'COMPLETED' AND b.cursor IS NOT NULL)";

    /** One that broke off goes on with what it has; others begin anew. Nothing for who comes with a token that is no longer the largest. */
    static final String BEGIN = """
            INSERT INTO client_registry.sync_batches AS b (batch_date, token, status) VALUES (%2$s, $1, 'RUNNING')
            ON CONFLICT (batch_date) DO UPDATE SET token = excluded.token, status = 'RUNNING', updated_at = clock_timestamp(),
                completed_at = NULL, error = NULL,
                cursor = CASE WHEN %1$s THEN b.cursor END,
                total = CASE WHEN %1$s THEN b.total ELSE 0 END,
                matched = CASE WHEN %1$s THEN b.matched ELSE 0 END,
                repaired = CASE WHEN %1$s THEN b.repaired ELSE 0 END,
                reported = CASE WHEN %1$s THEN b.reported ELSE 0 END,
                absent = 0,
                started_at = CASE WHEN %1$s THEN b.started_at ELSE clock_timestamp() END
            WHERE b.token <= excluded.token
            RETURNING %3$s
            """.formatted(RESUMES, TODAY, COLUMNS);

    /** Rows of former days that nobody works on any more; should somebody, he finds his token outdone. */
    static final String END_FORMER = """
            UPDATE client_registry.sync_batches SET token = $1, status = 'INTERRUPTED', updated_at = clock_timestamp(),
                error = 'not finished on its day; the next day''s run compares everything anew'
            WHERE batch_date < $2 AND status = 'RUNNING' AND token < $1
            """;

    /** Locks the row for one page, if it stands where that page begins: who takes over waits, and a page counts once. */
    static final String HOLD = """
            SELECT %s FROM client_registry.sync_batches
            WHERE batch_date = $1 AND token = $2 AND status = 'RUNNING' AND cursor IS NOT DISTINCT FROM $3 AND total = $4
            FOR UPDATE
            """.formatted(COLUMNS);

    static final String ADVANCE = """
            UPDATE client_registry.sync_batches SET cursor = $3, total = total + $4::bigint + $5::bigint + $6::bigint, matched = matched + $4::bigint,
                repaired = repaired + $5::bigint, reported = reported + $6::bigint, updated_at = clock_timestamp()
            WHERE batch_date = $1 AND token = $2
            RETURNING %s
            """.formatted(COLUMNS);

    static final String READ = "SELECT %s FROM client_registry.sync_batches WHERE batch_date = $1".formatted(COLUMNS);

    static final String COMPLETE = """
            UPDATE client_registry.sync_batches SET status = 'COMPLETED', completed_at = clock_timestamp(), updated_at = clock_timestamp(),
                absent = (SELECT count(*) FROM client_registry.cids WHERE sync_status = 'ABSENT_AT_SOURCE')
            WHERE batch_date = $1 AND token = $2 AND status = 'RUNNING'
            RETURNING %s
            """.formatted(COLUMNS);

    static final String BREAK_OFF = """
            UPDATE client_registry.sync_batches SET status = $3, error = $4, updated_at = clock_timestamp()
            WHERE batch_date = $1 AND token = $2 AND status = 'RUNNING'
            RETURNING %s
            """.formatted(COLUMNS);

    static final String NEWEST =
            "SELECT %s FROM client_registry.sync_batches ORDER BY batch_date DESC LIMIT $1".formatted(COLUMNS);
}
