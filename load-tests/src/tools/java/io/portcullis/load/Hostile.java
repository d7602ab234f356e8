package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import java.io.IOException;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Honest warm traffic by turns alone and beside an attack, one attack after the other. What it loses beside it is the result, with the heap
 * that each attack leaves behind, and how many of the honest keys stay warm.
 */
@Command(
        name = "hostile.sh",
        sortOptions = false,
        description = "What honest traffic loses beside each of five attacks.")
public final class Hostile implements Callable<Integer> {

    private static final int EXIT_TOO_MUCH_LOST = 3;
    private static final double LEAST_RATE = 0.9;
    private static final double LEAST_WARM = 0.99;
    private static final Duration LEAD_IN = Duration.ofSeconds(1);
    private static final int WARM_UP_SECONDS = 10;
    /** Unknown ones, before they are measured. */
    private static final long WARM_UP_KEYS = 100_000;

    private static final String ROW = "%-12s %-22s %-22s %9s %9s %12s %11s %10s%n";

    @Mixin
    private final PairOptions options = new PairOptions(8);

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "16",
            description = "honest ones (${DEFAULT-VALUE})")
    private int connections;

    @Option(
            names = "--spray-rate",
            paramLabel = "N",
            defaultValue = "500",
            description = "unknown keys a second, while honest traffic is measured beside them (${DEFAULT-VALUE})")
    private int sprayRate;

    @Option(
            names = "--flood",
            paramLabel = "N",
            defaultValue = "1000000",
            description =
                    "unknown keys sent at the end as fast as they are answered: for heap and warmth, not for the rate (${DEFAULT-VALUE})")
    private long flood;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "of ${COMPLETION-CANDIDATES} (all)")
    private List<Attack> only = List.of(Attack.values());

    private final PrintStream out = System.out;

    public static void main(String[] args) {
        PairOptions.run(new Hostile(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        Pinning pinning = options.pinning();
        try (Bench bench = new Bench(pinning, options.jar(), options.jvmFlags(), false)) {
            // Long enough that no record has to be confirmed or read again meanwhile.
            Node node = bench.startNode(
                    "gateway",
                    Map.of(
                            "PORTCULLIS_FRESHNESS_LEASE", "5m",
                            "PORTCULLIS_CACHE_TTL", "1h",
                            "PORTCULLIS_DEPLOYMENT_INGRESS_INSTANCES", "1"));
            List<String> keys = bench.fillRegistry(options.keyCount());
            Collections.shuffle(keys, new SecureRandom());
            List<byte[]> requests =
                    keys.stream().map(key -> Bench.request(node.address(), key)).toList();
            out.printf(
                    "honest    %d keys, %d connections, closed loop; %s; %s%n",
                    options.keyCount(), connections, pinning, options.jvm());
            out.printf(
                    "windows   %d pairs of %d ms for each attack%n%n",
                    options.pairs(), options.window().toMillis());
            FilledNode.hold(node.address(), keys);
            try (ClosedLoop honest = new ClosedLoop(node.address(), requests, connections)) {
                run(honest, Duration.ofSeconds(WARM_UP_SECONDS));
                out.printf(
                        ROW,
                        "",
                        "rate beside / alone",
                        "the same per CPU s",
                        "held",
                        "opened",
                        "new request",
                        "honest warm",
                        "heap MB");
                boolean fine = true;
                for (Attack attack : only) {
                    if (attack == Attack.SPRAY) {
                        // A gateway that has been up for a while has met wrong keys: the code of a miss is compiled, as
                        // that of a hit is by now.
                        unknown(node, honest, WARM_UP_KEYS);
                    }
                    fine &= measure(node, honest, attack, requests.get(0));
                }
                if (flood > 0) {
                    fine &= flood(node, honest);
                }
                return fine ? 0 : EXIT_TOO_MUCH_LOST;
            }
        }
    }

    private record Window(long requests, long nanos, long cpuNanos) {

        double perSecond() {
            return requests * 1e9 / nanos;
        }

        double perCpuSecond() {
            return requests * 1e9 / cpuNanos;
        }
    }

    private boolean measure(Node node, ClosedLoop honest, Attack attack, byte[] request)
            throws IOException, InterruptedException {
        double heapBefore = heap(node);
        double[] rate = new double[options.pairs()];
        double[] perCpu = new double[options.pairs()];
        long answered = 0;
        long opened = 0;
        int held = Integer.MAX_VALUE;
        long slowest = 0;
        NearLookups before = NearLookups.of(node.management());
        for (int i = 0; i < options.pairs(); i++) {
            Window alone = i % 2 == 0 ? window(node, honest) : null;
            Window beside;
            try (Attacker attacker = new Attacker(attack, node.address(), sprayRate)) {
                attacker.awaitStanding();
                beside = window(node, honest);
                held = Math.min(held, attacker.held());
                opened += attacker.opened();
                long asked = System.nanoTime();
                // Somebody honest who comes now.
                if (Response.to(node.address(), request).status() != 200) {
                    throw new IOException("a new connection beside " + attack.title() + " was not answered 200");
                }
                slowest = Math.max(slowest, System.nanoTime() - asked);
                answered += attacker.answered();
            }
            if (alone == null) {
                alone = window(node, honest);
            }
            rate[i] = beside.perSecond() / alone.perSecond();
            perCpu[i] = beside.perCpuSecond() / alone.perCpuSecond();
        }
        double warm = warm(NearLookups.of(node.management()).since(before), answered * attack.lookUps());
        Interval rates = Interval.of(rate);
        out.printf(
                ROW,
                attack.title(),
                rates.format("%.3f"),
                Interval.of(perCpu).format("%.3f"),
                held,
                opened / options.pairs(),
                text("%.0f ms", slowest / 1e6),
                text("%.3f %%", 100 * warm),
                text("%.0f", heapBefore) + " → " + text("%.0f", heap(node)));
        return rates.median() > LEAST_RATE && warm > LEAST_WARM;
    }

    /** As many unknown keys as were asked for, with honest traffic beside them; what is looked at is what they leave behind. */
    private boolean flood(Node node, ClosedLoop honest) throws IOException, InterruptedException {
        double heapBefore = heap(node);
        NearLookups before = NearLookups.of(node.management());
        long start = System.nanoTime();
        Beside beside = unknown(node, honest, flood);
        double seconds = (System.nanoTime() - start) / 1e9;
        long answered = beside.answered();
        double warm = warm(NearLookups.of(node.management()).since(before), answered);
        out.printf(
                "%nflood of %,d unknown keys: %,.0f/s beside %,.0f honest/s; honest warm %.3f %%; heap %.0f → %.0f MB%n",
                answered, answered / seconds, beside.honest() / seconds, 100 * warm, heapBefore, heap(node));
        return warm > LEAST_WARM;
    }

    /** Unknown keys that were answered, and honest requests beside them. */
    private record Beside(long answered, long honest) {}

    private static Beside unknown(Node node, ClosedLoop honest, long keys) throws IOException, InterruptedException {
        long served = 0;
        try (Attacker attacker = new Attacker(Attack.SPRAY, node.address(), Integer.MAX_VALUE)) {
            while (attacker.answered() < keys) {
                served += run(honest, Duration.ofSeconds(1)).requests();
            }
            return new Beside(attacker.answered(), served);
        }
    }

    /** The share of the honest look-ups that the near cache answered: an attacker's are all misses, and known in number. */
    private static double warm(NearLookups lookUps, long attackers) {
        double misses = Math.max(0, lookUps.misses() - attackers);
        return lookUps.hits() / (lookUps.hits() + misses);
    }

    private Window window(Node node, ClosedLoop honest) throws IOException {
        run(honest, LEAD_IN);
        long before = node.server().cpuTime().total();
        ClosedLoop.Served served = run(honest, options.window());
        return new Window(
                served.requests(), served.nanos(), node.server().cpuTime().total() - before);
    }

    private static ClosedLoop.Served run(ClosedLoop honest, Duration length) throws IOException {
        return honest.run(length, Long.MAX_VALUE);
    }

    /** What the gateway holds after a collection. */
    private static double heap(Node node) throws IOException, InterruptedException {
        // Connections that have just ended are let go of first.
        TimeUnit.MILLISECONDS.sleep(500);
        node.server().collectGarbage();
        return node.metrics().sum("jvm_memory_used_bytes", "area=\"heap\"") / (1 << 20);
    }

    private static String text(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
