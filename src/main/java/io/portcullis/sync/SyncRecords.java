package io.portcullis.sync;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** What came of the comparisons, to read, as PostgreSQL has it. Futures fail with what the driver says. */
public final class SyncRecords {

    /**
     * A client that is not as the source has it, or that it has no more.
     *
     * @param since when it was told in the audit; null where nothing is there
     * @param why as it stands in the audit
     */
    public record Difference(
            CidEntry entry,
            @Nullable Instant since,
            @Nullable JsonObject why) {}

    private final SqlClient sql;

    public SyncRecords(SqlClient sql) {
        this.sql = sql;
    }

    /** The days that were compared, newest first. */
    public Future<List<Batch>> batches(int limit) {
        return Batches.newest(sql, limit);
    }

    /**
     * Clients that are reported or absent, in the order of their ids.
     *
     * @param after id of the last one known, a UUID; null to begin
     */
    public Future<List<Difference>> differences(@Nullable String after, int limit) {
        return sql.preparedQuery(CidSql.DIFFERENCES)
                .execute(Tuple.of(after, limit))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> {
                            String why = row.getString("why");
                            var since = row.getOffsetDateTime("since");
                            return new Difference(
                                    new CidEntry(
                                            row.getString("client_id"),
                                            row.getString("cid"),
                                            row.getString("sync_status"),
                                            row.getOffsetDateTime("synced_at").toInstant()),
                                    since == null ? null : since.toInstant(),
                                    why == null ? null : new JsonObject(why));
                        })
                        .toList());
    }
}
