package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.Pairs.Pair;
import java.io.IOException;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
    /** Until then the compiler takes a part of the core: it compiles again what it has seen only without a limit, or only to wait for one. */
    private static final int WARM_UP_PAIRS = 16;

    /** No limit, as the other: how far from 1 two of the same are. */
    private static final String CONTROL = "none";

    @Mixin
    private final PairOptions options = new PairOptions(20);

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "64",
            description = "keep-alive connections, a request on each at any time (${DEFAULT-VALUE})")
    private int connections;

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
            defaultValue = CONTROL + ",leased,leased-without-headers,exact",
            description = "what is measured (${DEFAULT-VALUE})")
    private List<String> modes;

    private final PrintStream out = System.out;

    public static void main(String[] args) {
        PairOptions.run(new LimitCost(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        Pinning pinning = options.pinning();
        Map<String, String> settings = Map.of(
                "PORTCULLIS_FRESHNESS_LEASE", "5m",
                "PORTCULLIS_CACHE_TTL", "1h",
                "PORTCULLIS_DEPLOYMENT_INGRESS_INSTANCES", "1");
        out.printf(
                "load      %d keys, %d connections, closed loop; %s; %s%n",
                options.keyCount(), connections, pinning, options.jvm());
        out.printf(
                "windows   %d pairs of %d ms for each mode%n%n",
                options.pairs(), options.window().toMillis());
        out.printf("%-24s %-24s %-24s %s%n", "", "CPU a request", "rate", "of the core, without and with");
        boolean fine = true;
        try (Bench bench = new Bench(pinning, options.jar(), options.jvmFlags(), false)) {
            Node without = bench.startNode("without", settings);
            List<String> keys = bench.fillRegistry(options.keyCount());
            Collections.shuffle(keys, new SecureRandom());
            FilledNode.hold(without.address(), keys);
            for (String mode : modes) {
                Map<String, String> limited = new HashMap<>(settings);
                if (!mode.equals(CONTROL)) {
                    limited.put("PORTCULLIS_LIMITS_POLICIES", "all by=client " + limit + " mode=" + mode.split("-")[0]);
                }
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
            turns.measure(WARM_UP_PAIRS, options.window());
            List<Pair> measured = turns.measure(options.pairs(), options.window());
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
