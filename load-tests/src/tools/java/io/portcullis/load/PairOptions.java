package io.portcullis.load;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What tools that measure a gateway in pairs of windows have in common. */
final class PairOptions {

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--pairs",
            paramLabel = "N",
            description = "of windows, for each that is measured (${DEFAULT-VALUE})")
    private int pairs;

    @Option(names = "--window", paramLabel = "MILLIS", description = "length of a window (${DEFAULT-VALUE})")
    private int windowMillis;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "10000",
            description = "clients with a key each (${DEFAULT-VALUE})")
    private int keyCount;

    @Option(
            names = "--server-core",
            paramLabel = "N",
            defaultValue = "0",
            description = "core of the servers (${DEFAULT-VALUE})")
    private int serverCore;

    @Option(
            names = "--load-core",
            paramLabel = "N",
            defaultValue = "1",
            description = "core of everything else (${DEFAULT-VALUE})")
    private int loadCore;

    @Option(
            names = "--jvm",
            paramLabel = "FLAGS",
            defaultValue = "-Xms512m -Xmx512m",
            description = "flags of the servers (${DEFAULT-VALUE})")
    private String jvmFlags;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    /** @param pairs where nobody says how many */
    PairOptions(int pairs) {
        this(pairs, 2000);
    }

    /** @param windowMillis where nobody says how long */
    PairOptions(int pairs, int windowMillis) {
        this.pairs = pairs;
        this.windowMillis = windowMillis;
    }

    /** Runs the tool, and ends the process with what it says. */
    static void run(Object tool, String[] args) {
        System.exit(new CommandLine(tool)
                .setOverwrittenOptionsAllowed(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    failure.printStackTrace();
                    return 1;
                })
                .execute(args));
    }

    int pairs() {
        return pairs;
    }

    Duration window() {
        return Duration.ofMillis(windowMillis);
    }

    int keyCount() {
        return keyCount;
    }

    /** Also puts this process on the core of the load. */
    Pinning pinning() throws IOException, InterruptedException {
        Pinning pinning = Pinning.of(serverCore, loadCore);
        pinning.moveToLoadCore(ProcessHandle.current().pid());
        return pinning;
    }

    Path jar() {
        return jar;
    }

    List<String> jvmFlags() {
        return Stream.of(jvmFlags.split(" ")).filter(flag -> !flag.isEmpty()).toList();
    }

    /** The same, to be read. */
    String jvm() {
        return jvmFlags;
    }
}
