package io.portcullis;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Whole lines of a stream, some at a time: as many as the gateway registers at once. */
final class LineBatches {

    private static final int LINES = 1000;
    private static final int BYTES = 8 * 1024 * 1024;
    private static final int READ = 64 * 1024;

    /** The gateway takes no longer ones. */
    private static final int LONGEST_LINE = 256 * 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[READ];
    private int at;
    private int end;
    private long lines;

    LineBatches(InputStream in) {
        this.in = in;
    }

    /** Lines that were taken so far; empty ones count. */
    long lines() {
        return lines;
    }

    /**
     * The next ones, each with its end; empty where there are none.
     *
     * @throws IOException also for a line that is too long
     */
    byte[] next() throws IOException {
        ByteArrayOutputStream batch = new ByteArrayOutputStream();
        int taken = 0;
        int length = 0;
        while (taken < LINES && (batch.size() < BYTES || length > 0)) {
            if (at == end) {
                at = 0;
                end = Math.max(0, in.read(buffer));
                if (end == 0) {
                    if (length > 0) {
                        lines++;
                    }
                    return batch.toByteArray();
                }
            }
            int from = at;
            while (at < end && buffer[at] != '\n') {
                at++;
            }
            boolean whole = at < end;
            at += whole ? 1 : 0;
            batch.write(buffer, from, at - from);
            length += at - from;
            if (length > LONGEST_LINE) {
                throw new IOException("line " + (lines + 1) + " is longer than " + LONGEST_LINE + " bytes");
            }
            if (whole) {
                lines++;
                taken++;
                length = 0;
            }
        }
        return batch.toByteArray();
    }
}
