package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.Pairs.Pair;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What a limit costs a warm request: a node without limits against one that has a limit for each client, which nobody reaches, by turns. */
@Command(
        name = "limit-cost.sh",
        sortOptions = false,
        description = "CPU and rate of warm requests with a limit, against the same without.")
public final class LimitCost implements Callable<Integer> {

    private static final int EXIT_TOO_DEAR = 3;
    private static final double MOST_OF_LEASED = 1.05;
    private static final double LEAST_RATE_OF_EXACT = 0.3;
    private static final int WARM_UP_PAIRS = 6;

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--pairs",
            paramLabel = "N",
            defaultValue = "20",
            description = "of windows, for each mode (${DEFAULT-VALUE})")
    private int pairs;

    @Option(
            names = "--window",
            paramLabel = "MILLIS",
            defaultValue = "2000",
            description = "length of a window (${DEFAULT-VALUE})")
    private int windowMillis;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "10000",
            description = "clients with a key each (${DEFAULT-VALUE})")
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
            description = "core of the gateways (${DEFAULT-VALUE})")
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
            description = "flags of the gateways (${DEFAULT-VALUE})")
    private String jvmFlags;

    @Option(
            names = "--limit",
            paramLabel = "RULE",
            defaultValue = "limit=900000000 window=1h",
            description = "of each client (${DEFAULT-VALUE})")
    private String limit;

    @Option(
            names = "--modes",
            paramLabel = "MODE",
            split = ",",
            defaultValue = "leased,leased-without-headers,exact",
            description = "what is measured (${DEFAULT-VALUE})")
    private List<String> modes;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    private final PrintStream out = System.out;

    public static void main(String[] args) {
        System.exit(new CommandLine(new LimitCost())
                .setOverwrittenOptionsAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    failure.printStackTrace();
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        Pinning pinning = Pinning.of(serverCore, loadCore);
        pinning.moveToLoadCore(ProcessHandle.current().pid());
        List<String> flags =
                Stream.of(jvmFlags.split(" ")).filter(flag -> !flag.isEmpty()).toList();
        Map<String, String> settings = Map.of(
                "PORTCULLIS_FRESHNESS_LEASE", "5m",
                "PORTCULLIS_CACHE_TTL", "1h",
                "PORTCULLIS_DEPLOYMENT_INGRESS_INSTANCES", "1");
        out.printf(
                "load      %d keys, %d connections, closed loop; %s; %s%n", keyCount, connections, pinning, jvmFlags);
        out.printf("windows   %d pairs of %d ms for each mode%n%n", pairs, windowMillis);
        out.printf("%-24s %-24s %-24s %s%n", "", "CPU a request", "rate", "of the core, without and with");
        boolean fine = true;
        try (Bench bench = new Bench(pinning, jar, flags, false)) {
            Node without = bench.startNode("without", settings);
            List<String> keys = bench.fillRegistry(keyCount);
            Collections.shuffle(keys, new SecureRandom());
            FilledNode.hold(without.address(), keys);
            for (String mode : modes) {
                Map<String, String> limited = new HashMap<>(settings);
                limited.put("PORTCULLIS_LIMITS_POLICIES", "all by=client " + limit + " mode=" + mode.split("-")[0]);
                if (mode.endsWith("without-headers")) {
                    limited.put("PORTCULLIS_LIMITS_FIELDS", "none");
                }
                Node with = bench.startFurtherNode(mode, limited);
                while (with.metrics().sum("rate_limit_degraded") > 0) {
                    TimeUnit.MILLISECONDS.sleep(50);
                }
                FilledNode.hold(with.address(), keys);
                fine &= measure(without, with, keys, mode);
                with.server().close();
            }
        }
        return fine ? 0 : EXIT_TOO_DEAR;
    }

    private boolean measure(Node without, Node with, List<String> keys, String mode) throws IOException {
        try (Pairs turns = new Pairs(without.server(), with.server(), keys, connections, true)) {
            turns.measure(WARM_UP_PAIRS, Duration.ofMillis(windowMillis));
            List<Pair> measured = turns.measure(pairs, Duration.ofMillis(windowMillis));
            Interval cpu =
                    Interval.of(measured.stream().mapToDouble(Pair::ratio).toArray());
            Interval rate = Interval.of(measured.stream()
                    .mapToDouble(pair -> pair.candidate().requestsPerSecond()
                            / pair.reference().requestsPerSecond())
                    .toArray());
            out.printf(
                    "%-24s %-24s %-24s %.0f %%, %.0f %%%n",
                    mode,
                    cpu.format("%.3f"),
                    rate.format("%.3f"),
                    100
                            * measured.stream()
                                    .mapToDouble(pair -> pair.reference().coreBusy())
                                    .average()
                                    .orElse(0),
                    100
                            * measured.stream()
                                    .mapToDouble(pair -> pair.candidate().coreBusy())
                                    .average()
                                    .orElse(0));
            return mode.equals("leased")
                    ? cpu.median() <= MOST_OF_LEASED
                    : !mode.equals("exact") || rate.median() >= LEAST_RATE_OF_EXACT;
        }
    }
}
