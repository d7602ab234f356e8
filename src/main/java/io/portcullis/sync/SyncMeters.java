package io.portcullis.sync;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.portcullis.sync.Batch.Status;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** The comparisons of this process in numbers, and how the last one of any process ended. Thread-safe. */
final class SyncMeters {

    private final Counter matched;
    private final Counter repaired;
    private final Counter reported;
    private final Counter faulty;
    private final Map<Status, Counter> batches = new EnumMap<>(Status.class);
    private volatile double lastCompleted = Double.NaN;
    private volatile double absent;
    private volatile boolean running;

    SyncMeters(MeterRegistry registry) {
        matched = clients(registry, "matched");
        repaired = clients(registry, "repaired");
        reported = clients(registry, "reported");
        faulty = clients(registry, "faulty");
        for (Status status : new Status[] {Status.COMPLETED, Status.FAILED, Status.INTERRUPTED}) {
            batches.put(
                    status,
                    Counter.builder("sync_batches")
                            .description("Runs of this process, by how they ended")
                            .tag("status", status.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        Gauge.builder("sync_running", this, meters -> meters.running ? 1 : 0)
                .description("Whether this process is comparing")
                .register(registry);
        Gauge.builder("sync_last_completed_timestamp", this, meters -> meters.lastCompleted)
                .description("When a comparison was completed last, by whichever process")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("sync_absent", this, meters -> meters.absent)
                .description("Clients that the source has had and has no more, as of the last comparison")
                .register(registry);
    }

    void page(PageDone page) {
        matched.increment(page.matched());
        repaired.increment(page.repaired());
        reported.increment(page.reported() - (double) page.faulty());
        faulty.increment(page.faulty());
    }

    void running(boolean now) {
        running = now;
    }

    void ended(Status status) {
        Counter counter = batches.get(status);
        if (counter != null) {
            counter.increment();
        }
    }

    /** What PostgreSQL knows of the last one; not a number for never. */
    void last(double completedSeconds, long absentThen) {
        lastCompleted = completedSeconds;
        absent = absentThen;
    }

    private static Counter clients(MeterRegistry registry, String result) {
        return Counter.builder("sync_clients")
                .description("Clients of the source that this process has compared, by what was found")
                .tag("result", result)
                .register(registry);
    }
}
