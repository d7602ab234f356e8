package io.portcullis;

import io.portcullis.sync.Batch;
import io.portcullis.sync.CidEntry;
import io.portcullis.sync.SyncRecords;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Comparisons with the source as they are shown: the same to programs by the command line and by the management port. */
final class SyncView {

    private SyncView() {}

    static JsonObject json(Batch batch) {
        Batch.Counts counts = batch.counts();
        return new JsonObject()
                .put("batch_date", batch.date().toString())
                .put("status", batch.status().name())
                .put("total", counts.total())
                .put("synced", counts.synced())
                .put("matched", counts.matched())
                .put("repaired", counts.repaired())
                .put("reported", counts.reported())
                .put("absent", counts.absent())
                .put("started_at", text(batch.startedAt()))
                .put("updated_at", text(batch.updatedAt()))
                .put("completed_at", text(batch.completedAt()))
                .put("error", batch.error());
    }

    static JsonObject json(CidEntry entry) {
        return new JsonObject()
                .put("client_id", entry.clientId())
                .put("cid", entry.cid())
                .put("status", entry.status())
                .put("synced_at", entry.syncedAt().toString());
    }

    static JsonObject json(SyncRecords.Difference difference) {
        return json(difference.entry())
                .put(
                        "since",
                        difference.since() == null ? null : difference.since().toString())
                .put("why", difference.why());
    }

    static String text(List<Batch> batches) {
        TextTable table = new TextTable()
                .row(
                        "DATE",
                        "STATUS",
                        "TOTAL",
                        "MATCHED",
                        "REPAIRED",
                        "REPORTED",
                        "ABSENT",
                        "STARTED",
                        "COMPLETED",
                        "ERROR");
        for (Batch batch : batches) {
            Batch.Counts counts = batch.counts();
            table.row(
                    batch.date(),
                    batch.status(),
                    counts.total(),
                    counts.matched(),
                    counts.repaired(),
                    counts.reported(),
                    counts.absent(),
                    text(batch.startedAt()),
                    text(batch.completedAt()),
                    batch.error());
        }
        return table.render();
    }

    private static @Nullable String text(@Nullable OffsetDateTime moment) {
        return moment == null ? null : moment.toInstant().toString();
    }
}
