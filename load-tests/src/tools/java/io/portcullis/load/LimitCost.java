package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.Pairs.Pair;
import java.io.IOException;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What a limit costs a warm request: of one node clients that have a limit each, which nobody reaches, against as many that have none, by short
 * turns. In one process, because two of the same settings differ by more than a limit costs (up to 1.07 × CPU); by short turns, because what a
 * miss of the caches costs depends on who else is on the machine.
 */
@Command(
        name = "limit-cost.sh",
        sortOptions = false,
        description =
                "CPU and rate of warm requests of clients with a limit, against those of others without, on the same node.")
public final class LimitCost implements Callable<Integer> {

    private static final int EXIT_TOO_DEAR = 3;
    private static final double MOST_OF_LEASED = 1.05;
    private static final double LEAST_RATE_OF_EXACT = 0.3;
    private static final int CONNECTIONS_OF_EXACT = 200;
    /** Until then the compiler takes a part of the core: it compiles again what it has seen only without a limit, or only to wait for one. */
    private static final int WARM_UP_PAIRS = 16;

    private static final Duration WARM_UP_WINDOW = Duration.ofSeconds(2);

    /** Neither has a limit: how far from 1 two of the same are. */
    private static final String CONTROL = "none";

    private static final String POLICY = "all";

    @Mixin
    private final PairOptions options = new PairOptions(100, 250);

    @Option(
            names = "--launches",
            paramLabel = "N",
            defaultValue = "2",
            description = "of the server, for each mode (${DEFAULT-VALUE})")
    private int launches;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "64",
            description =
                    "keep-alive connections, a request on each at any time (${DEFAULT-VALUE}); 200 at least for exact")
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

    /** Their keys; of the last ones each client names the limit, where there is one. */
    private record Clients(List<String> without, List<String> alsoWithout, List<String> with) {}

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
                "load      twice %d keys, %d connections, closed loop; %s; %s%n",
                options.keyCount(), connections, pinning, options.jvm());
        out.printf(
                "windows   %d pairs of %d ms for each of %d launches%n%n",
                options.pairs(), options.window().toMillis(), launches);
        out.printf("%-24s %-24s %-24s %-16s %s%n", "", "CPU a request", "rate", "core, both", "CPU, by launch");
        boolean fine = true;
        try (Bench bench = new Bench(pinning, options.jar(), options.jvmFlags(), false)) {
            // Serves nobody: it has the servers of those that are measured.
            bench.startNode("servers", settings);
            Clients clients = clients(bench);
            for (String mode : modes) {
                List<List<Pair>> measured = new ArrayList<>();
                for (int launch = 0; launch < launches; launch++) {
                    measured.add(launched(bench, settings, clients, mode));
                }
                fine &= isFine(mode, measured);
            }
        }
        return fine ? 0 : EXIT_TOO_DEAR;
    }

    private Clients clients(Bench bench) throws IOException, SQLException {
        int count = options.keyCount();
        List<String> keys = bench.fillRegistry(3 * count);
        try (Registry registry = bench.registry()) {
            registry.limit(registry.seededClients().subList(2 * count, 3 * count), POLICY);
            registry.tidyUp();
        }
        return new Clients(
                shuffled(keys.subList(0, count)),
                shuffled(keys.subList(count, 2 * count)),
                shuffled(keys.subList(2 * count, 3 * count)));
    }

    private static List<String> shuffled(List<String> keys) {
        List<String> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, new SecureRandom());
        return shuffled;
    }

    private List<Pair> launched(Bench bench, Map<String, String> settings, Clients clients, String mode)
            throws IOException, InterruptedException {
        Map<String, String> own = new HashMap<>(settings);
        if (!mode.equals(CONTROL)) {
            own.put(
                    "PORTCULLIS_LIMITS_POLICIES",
                    POLICY + " by=client " + limit + " only=named mode=" + mode.split("-")[0]);
        }
        if (mode.endsWith("without-headers")) {
            own.put("PORTCULLIS_LIMITS_FIELDS", "none");
        }
        started++;
        Node node = bench.startFurtherNode(mode + "-" + started, own);
        List<String> others = mode.equals(CONTROL) ? clients.alsoWithout() : clients.with();
        try {
            while (node.metrics().sum("rate_limit_degraded") > 0) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
            // Mixed, so that those of the one kind do not lie closer together in memory than the others.
            FilledNode.hold(
                    node.address(),
                    shuffled(Stream.concat(clients.without().stream(), others.stream())
                            .toList()));
            // Of exact ones Redis is a part, which has the load's core. And each waits for it: with few of them nobody
            // has all of his core.
            boolean exact = mode.equals("exact");
            int many = exact ? Math.max(connections, CONNECTIONS_OF_EXACT) : connections;
            try (Pairs turns = new Pairs(node.server(), clients.without(), others, many, exact)) {
                turns.measure(WARM_UP_PAIRS, WARM_UP_WINDOW);
                return turns.measure(options.pairs(), options.window());
            }
        } finally {
            node.server().close();
        }
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
