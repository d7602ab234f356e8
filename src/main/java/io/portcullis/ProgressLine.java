package io.portcullis;

import java.io.PrintWriter;

/**
 * How far something has come, for a person: one line that is written over at a terminal. Our own: the library for it (me.tongfei:progressbar)
 * brings JLine, which starts processes to learn how wide the terminal is.
 */
final class ProgressLine {

    private static final long EVERY_NANOS = 200_000_000L;
    private static final int WIDTH = 20;

    private final PrintWriter err;
    private final boolean terminal;
    private long toldNanos = System.nanoTime();
    private boolean shown;

    /** @param terminal whether somebody looks; elsewhere nothing is written */
    ProgressLine(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    /** Whether it is time for another line; then it is time again after a while. */
    boolean isDue() {
        long now = System.nanoTime();
        if (!terminal || now - toldNanos < EVERY_NANOS) {
            return false;
        }
        toldNanos = now;
        return true;
    }

    void show(String line) {
        shown = true;
        // To the end of the line, so that nothing is left of a longer one.
        err.print("\r" + line + "\u001b[K");
        err.flush();
    }

    /** Makes room for other lines; to be called at the end as well. */
    void clear() {
        if (shown) {
            shown = false;
            err.print("\r\u001b[K");
            err.flush();
        }
    }

    /** How much of it is done; empty where nobody knows how much there is. */
    static String bar(long done, long all) {
        if (all <= 0) {
            return "";
        }
        int filled = (int) Math.min(WIDTH, done * WIDTH / all);
        return "[" + "#".repeat(filled) + " ".repeat(WIDTH - filled) + "] ";
    }
}
