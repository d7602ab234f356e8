package io.portcullis;

import io.portcullis.sync.Batch;
import io.portcullis.sync.PageDone;
import io.portcullis.sync.SyncRun;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * How far a run has come, for a person: one line that is written over at a terminal, elsewhere a line each ten seconds. Our own: the library for
 * it (me.tongfei:progressbar) brings JLine, which starts processes to learn how wide the terminal is, and it cannot know any better than we how
 * many clients the source has: as many as the last time.
 */
final class SyncProgress implements SyncRun.Listener {

    private static final long AT_TERMINAL_NANOS = 200_000_000L;
    private static final long ELSEWHERE_NANOS = 10_000_000_000L;
    private static final int WIDTH = 20;

    private final PrintWriter err;
    private final boolean terminal;
    private final long expected;
    private long toldNanos = System.nanoTime();
    private boolean shown;

    /** @param expected clients, by the last run; 0 where there was none */
    SyncProgress(PrintWriter err, boolean terminal, long expected) {
        this.err = err;
        this.terminal = terminal;
        this.expected = expected;
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
        long now = System.nanoTime();
        if (now - toldNanos < (terminal ? AT_TERMINAL_NANOS : ELSEWHERE_NANOS)) {
            return;
        }
        toldNanos = now;
        String line = line(page.batch(), perSecond);
        if (terminal) {
            shown = true;
            // To the end of the line, so that nothing is left of a longer one.
            err.print("\r" + line + "\u001b[K");
        } else {
            err.println(line);
        }
        err.flush();
    }

    /** Nothing is written over any more. */
    void end() {
        if (shown) {
            err.print("\r\u001b[K");
            err.flush();
        }
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
        int done = (int) Math.min(WIDTH, total * WIDTH / expected);
        return "[" + "#".repeat(done) + " ".repeat(WIDTH - done) + "] "
                + (terminal ? "" : Math.min(100, total * 100 / expected) + " % ");
    }
}
