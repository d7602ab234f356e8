package io.portcullis;

import io.portcullis.sync.Batch;
import io.portcullis.sync.PageDone;
import io.portcullis.sync.SyncRun;
import java.io.PrintWriter;
import java.util.Locale;

/** How far a run has come, for a person: a bar at a terminal, elsewhere a line each ten seconds. The source has as many clients as the last time. */
final class SyncProgress implements SyncRun.Listener {

    private static final long ELSEWHERE_NANOS = 10_000_000_000L;

    private final PrintWriter err;
    private final boolean terminal;
    private final long expected;
    private final ProgressLine progress;
    private long toldNanos = System.nanoTime();

    /** @param expected clients, by the last run; 0 where there was none */
    SyncProgress(PrintWriter err, boolean terminal, long expected) {
        this.err = err;
        this.terminal = terminal;
        this.expected = expected;
        this.progress = new ProgressLine(err, terminal);
    }

    @Override
    public void began(Batch batch) {
        if (batch.counts().total() > 0) {
            err.println(String.format(
                    Locale.ROOT, "Going on behind %,d clients.", batch.counts().total()));
            err.flush();
        }
    }

    @Override
    public void page(PageDone page, double perSecond) {
        if (terminal) {
            if (progress.isDue()) {
                progress.show(line(page.batch(), perSecond));
            }
            return;
        }
        long now = System.nanoTime();
        if (now - toldNanos >= ELSEWHERE_NANOS) {
            toldNanos = now;
            err.println(line(page.batch(), perSecond));
            err.flush();
        }
    }

    /** Nothing is written over any more. */
    void end() {
        progress.clear();
    }

    private String line(Batch batch, double perSecond) {
        Batch.Counts counts = batch.counts();
        return bar(counts.total())
                + String.format(
                        Locale.ROOT,
                        "%,d clients, %,.0f/s, %,d repaired, %,d reported",
                        counts.total(),
                        perSecond,
                        counts.repaired(),
                        counts.reported());
    }

    private String bar(long total) {
        if (expected == 0) {
            return "";
        }
        return ProgressLine.bar(total, expected) + (terminal ? "" : Math.min(100, total * 100 / expected) + " % ");
    }
}
