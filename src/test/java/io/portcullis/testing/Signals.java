package io.portcullis.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process was started with. Whoever is started by it inherits that, and a shell cannot undo it. */
public final class Signals {

    public static final int HUP = 1;
    public static final int INT = 2;

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String IGNORED = "SigIgn:";

    private Signals() {}

    /** Whether that one is ignored: {@code nohup} does so with SIGHUP, a shell with SIGINT for what it starts in the background. */
    public static boolean isIgnored(int number) throws IOException {
        if (!Files.exists(STATUS)) {
            return false;
        }
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(IGNORED))
                .anyMatch(line ->
                        (Long.parseUnsignedLong(line.substring(IGNORED.length()).strip(), 16) >>> (number - 1)) % 2
                                != 0);
    }
}
