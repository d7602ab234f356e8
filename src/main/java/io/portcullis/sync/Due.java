package io.portcullis.sync;

import io.portcullis.sync.Batch.Status;
import io.portcullis.sync.SyncVerticle.Schedule;
import java.time.LocalTime;
import org.jspecify.annotations.Nullable;

/**
 * What decides whether a run is due.
 *
 * @param now time of day in UTC, by PostgreSQL's clock: nodes agree about it
 * @param today status of the day's batch; null for none
 * @param idle whether that batch has not moved for a while
 * @param isEmpty whether the registry has no client at all
 */
record Due(LocalTime now, @Nullable Status today, boolean idle, boolean isEmpty) {

    /** Minutes for which a batch that failed is left alone. */
    static final int IDLE_MINUTES = 30;

    static final String SQL = """
            SELECT (clock_timestamp() AT TIME ZONE 'UTC')::time AS now, b.status,
                coalesce(b.updated_at < clock_timestamp() - INTERVAL '%d minutes', false) AS idle,
                NOT EXISTS (SELECT FROM client_registry.clients) AS is_empty,
                (SELECT extract(epoch FROM max(completed_at))::float8 FROM client_registry.sync_batches) AS completed,
                coalesce((SELECT absent FROM client_registry.sync_batches WHERE status = 'COMPLETED'
                    ORDER BY batch_date DESC LIMIT 1), 0) AS absent
            FROM (VALUES ((clock_timestamp() AT TIME ZONE 'UTC')::date)) AS t (today)
                LEFT JOIN client_registry.sync_batches b ON b.batch_date = t.today
            """.formatted(IDLE_MINUTES);

    /**
     * A day is compared once, when its time has come: also late, by a process that was down then. One that broke off is gone on with at once,
     * one that failed after a while. A registry without clients does not wait for the time.
     */
    boolean is(Schedule schedule) {
        if (today == null) {
            return (schedule.firstStart() && isEmpty) || !now.isBefore(schedule.at());
        }
        return switch (today) {
            case COMPLETED -> false;
            case FAILED -> idle;
            // Whoever does it has the lock.
            case RUNNING, INTERRUPTED -> true;
        };
    }
}
