package io.portcullis.load;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Two questions about what is changed, each with a gateway of its own: {@link SingleChanges} and {@link BulkChange}. */
@Command(
        name = "change-cost.sh",
        sortOptions = false,
        description = "What a change costs a node by how much it holds, and what very many at once do to its traffic.")
public final class ChangeCost implements Callable<Integer> {

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--levels",
            paramLabel = "N,…",
            split = ",",
            defaultValue = "1000,10000,100000,1000000",
            description = "clients held, in ascending order (${DEFAULT-VALUE}); 0 leaves this part out")
    private List<Integer> levels;

    @Option(
            names = "--changes",
            paramLabel = "N",
            defaultValue = "200",
            description = "changes of one row at each level (${DEFAULT-VALUE})")
    private int changes;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "100000",
            description = "rows of the one large change (${DEFAULT-VALUE}); 0 leaves this part out")
    private int rows;

    @Option(
            names = "--repetitions",
            paramLabel = "N",
            defaultValue = "5",
            description = "of the large change (${DEFAULT-VALUE})")
    private int repetitions;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "10000",
            description = "clients that the traffic during the large change comes from (${DEFAULT-VALUE})")
    private int keyCount;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "64",
            description = "keep-alive connections, a request on each at any time (${DEFAULT-VALUE})")
    private int connections;

    @Option(
            names = "--server-core",
            paramLabel = "N",
            defaultValue = "0",
            description = "core of the gateway (${DEFAULT-VALUE}); the same as the other: nobody is pinned")
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
            defaultValue = "-Xms4g -Xmx4g",
            description = "flags of the gateway (${DEFAULT-VALUE})")
    private String jvmFlags;

    @Option(
            names = "--at-most",
            paramLabel = "PERCENT",
            defaultValue = "20",
            description =
                    "exit with 1 where the large change takes away so much of the traffic's rate (${DEFAULT-VALUE})")
    private double atMost;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    public static void main(String[] args) {
        System.exit(new CommandLine(new ChangeCost())
                .setOverwrittenOptionsAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(failure);
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        Pinning pinning = Pinning.of(serverCore, loadCore);
        pinning.moveToLoadCore(ProcessHandle.current().pid());
        Pinning.yieldToServers();
        List<String> flags =
                Stream.of(jvmFlags.split(" ")).filter(flag -> !flag.isEmpty()).toList();
        if (levels.get(levels.size() - 1) > 0) {
            try (Bench bench = new Bench(pinning, jar, flags, false)) {
                new SingleChanges(bench, levels, changes).measure();
            }
        }
        if (rows == 0) {
            return 0;
        }
        try (Bench bench = new Bench(pinning, jar, flags, false)) {
            double rate = new BulkChange(bench, keyCount, rows, repetitions, connections).measure();
            return rate <= 1 - atMost / 100 ? 1 : 0;
        }
    }
}
