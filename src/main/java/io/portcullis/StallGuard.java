package io.portcullis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Timer;
import java.util.TimerTask;
import org.jspecify.annotations.Nullable;

/** Ends a stream on which nothing comes any more: reading from it has no limit of its own. */
final class StallGuard implements AutoCloseable {

    /** The gateway gives a page half of that. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final long EVERY_MILLIS = 1000;

    private final Timer timer = new Timer("stall-guard", true);
    private volatile long heardNanos = System.nanoTime();
    private volatile boolean stalled;

    StallGuard(InputStream stream) {
        timer.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        if (System.nanoTime() - heardNanos > LIMIT.toNanos()) {
                            stalled = true;
                            timer.cancel();
                            end(stream);
                        }
                    }
                },
                EVERY_MILLIS,
                EVERY_MILLIS);
    }

    /** The next line; null at the end. */
    @Nullable
    String line(BufferedReader lines) throws IOException {
        heardNanos = System.nanoTime();
        String line = lines.readLine();
        if (stalled) {
            throw new IOException("nothing came for " + LIMIT.toSeconds() + " s");
        }
        return line;
    }

    private static void end(InputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            // It is the end all the same.
        }
    }

    @Override
    public void close() {
        timer.cancel();
    }
}
