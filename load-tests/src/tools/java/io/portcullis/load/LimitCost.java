package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.Pairs.Pair;
import java.io.IOException;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What a limit costs a warm request: a node without limits against one that has a limit for each client, which nobody reaches, by turns. Of
 * several launches of both: what the compiler makes of the same code differs from one to the next by more than the limit costs.
 */
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
    private final PairOptions options = new PairOptions(8);

    @Option(
            names = "--launches",
            paramLabel = "N",
            defaultValue = "3",
            description = "of both servers, for each mode (${DEFAULT-VALUE})")
    private int launches;

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
            defaultValue = CONTROL + ",leased,exact",
            description = "what is measured; also leased-without-headers, local (${DEFAULT-VALUE})")
    private List<String> modes;

    private final PrintStream out = System.out;
    private int started;

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
                "windows   %d pairs of %d ms for each of %d launches%n%n",
                options.pairs(), options.window().toMillis(), launches);
        out.printf("%-24s %-24s %-24s %-16s %s%n", "", "CPU a request", "rate", "core, both", "CPU, by launch");
        boolean fine = true;
        try (Bench bench = new Bench(pinning, options.jar(), options.jvmFlags(), false)) {
            // Serves nobody: what is compared is started alike, and this one has the servers of both.
            bench.startNode("servers", settings);
            List<String> keys = bench.fillRegistry(options.keyCount());
            Collections.shuffle(keys, new SecureRandom());
            for (String mode : modes) {
                List<List<Pair>> measured = new ArrayList<>();
                for (int launch = 0; launch < launches; launch++) {
                    measured.add(launched(bench, settings, keys, mode, launch % 2 == 0));
                }
                fine &= isFine(mode, measured);
            }
        }
        return fine ? 0 : EXIT_TOO_DEAR;
    }

    private List<Pair> launched(
            Bench bench, Map<String, String> settings, List<String> keys, String mode, boolean limitedFirst)
            throws IOException, InterruptedException {
        Node first = started(bench, settings, keys, limitedFirst ? mode : CONTROL);
        Node second = started(bench, settings, keys, limitedFirst ? CONTROL : mode);
        Node with = limitedFirst ? first : second;
        Node without = limitedFirst ? second : first;
        try (Pairs turns = new Pairs(without.server(), with.server(), keys, connections, true)) {
            turns.measure(WARM_UP_PAIRS, options.window());
            return turns.measure(options.pairs(), options.window());
        } finally {
            second.server().close();
            first.server().close();
        }
    }

    private Node started(Bench bench, Map<String, String> settings, List<String> keys, String mode)
            throws IOException, InterruptedException {
        Map<String, String> own = new HashMap<>(settings);
        if (!mode.equals(CONTROL)) {
            own.put("PORTCULLIS_LIMITS_POLICIES", "all by=client " + limit + " mode=" + mode.split("-")[0]);
        }
        if (mode.endsWith("without-headers")) {
            own.put("PORTCULLIS_LIMITS_FIELDS", "none");
        }
        started++;
        Node node = bench.startFurtherNode(mode + "-" + started, own);
        while (node.metrics().sum("rate_limit_degraded") > 0) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        FilledNode.hold(node.address(), keys);
        return node;
    }

    private boolean isFine(String mode, List<List<Pair>> launched) {
        List<Pair> all = launched.stream().flatMap(List::stream).toList();
        Interval cpu = interval(all, Pair::ratio);
        Interval rate = interval(
                all,
                pair -> pair.candidate().requestsPerSecond() / pair.reference().requestsPerSecond());
        out.printf(
                "%-24s %-24s %-24s %-16s %s%n",
                mode,
                cpu.format("%.3f"),
                rate.format("%.3f"),
                "%.0f %%, %.0f %%"
                        .formatted(
                                100
                                        * interval(all, pair -> pair.reference().coreBusy())
                                                .median(),
                                100
                                        * interval(all, pair -> pair.candidate().coreBusy())
                                                .median()),
                launched.stream()
                        .map(pairs ->
                                "%.3f".formatted(interval(pairs, Pair::ratio).median()))
                        .collect(Collectors.joining(" ")));
        return mode.equals("leased")
                ? cpu.median() <= MOST_OF_LEASED
                : !mode.equals("exact") || rate.median() >= LEAST_RATE_OF_EXACT;
    }

    private static Interval interval(List<Pair> pairs, ToDoubleFunction<Pair> of) {
        return Interval.of(pairs.stream().mapToDouble(of).toArray());
    }
}
