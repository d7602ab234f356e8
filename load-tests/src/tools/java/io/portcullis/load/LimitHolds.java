package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Whether a limit holds over several processes while far more is asked for. A call that was admitted counts from when it was sent to when its
 * answer was read, on this process' clock: so what is counted in a window lay in it for certain.
 */
@Command(
        name = "limit-holds.sh",
        sortOptions = false,
        description = "Three gateways, two of them with clocks five minutes wrong where there is libfaketime,"
                + " and one client who calls all the while: what each window has admitted.")
public final class LimitHolds implements Callable<Integer> {

    private static final int EXIT_BROKEN = 3;
    private static final double LEAST_OF_LEASED = 0.95;
    private static final Duration LONG_WINDOW = Duration.ofMinutes(10);
    private static final Duration FILL_TIME = Duration.ofSeconds(10);
    private static final long MOST_CALLS_EACH = 1_000_000;

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "200",
            description = "keep-alive connections to each gateway, a call on each at any time (${DEFAULT-VALUE})")
    private int connections;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "1000", description = "of a window (${DEFAULT-VALUE})")
    private int limit;

    @Option(
            names = "--window",
            paramLabel = "MILLIS",
            defaultValue = "5000",
            description = "length of a window (${DEFAULT-VALUE})")
    private int windowMillis;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "60",
            description = "of steady excess, for each mode (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--pause",
            paramLabel = "MILLIS",
            defaultValue = "50",
            description = "of a connection whose call was refused (${DEFAULT-VALUE})")
    private int pauseMillis;

    @Option(
            names = "--modes",
            paramLabel = "MODE",
            split = ",",
            defaultValue = "exact,leased",
            description = "what is looked at (${DEFAULT-VALUE})")
    private List<String> modes;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    private final PrintStream out = System.out;
    private final String clocks = clocks();

    public static void main(String[] args) {
        PairOptions.run(new LimitHolds(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        out.printf(
                "load      3 gateways, %d connections to each, all of one client; %s%n%n",
                connections, clocks.isEmpty() ? "no libfaketime, all clocks right" : "clocks +300 s, right, -300 s");
        out.printf("%-8s %-24s %10s %10s %14s %12s%n", "", "", "admitted", "refused", "most in window", "other");
        boolean holds = true;
        // What is shown is of a Redis that answers: gateways that have just started and 600 threads would leave it no
        // core for a second.
        Pinning.yieldToServers();
        try (Bench bench = new Bench(Pinning.none(), jar, List.of("-Xmx256m"), false)) {
            Node servers = bench.startNode("servers", Map.of());
            for (String mode : modes) {
                Seen once = during(bench, mode, LONG_WINDOW, FILL_TIME);
                int least = mode.equals("exact") ? limit : (int) (limit * LEAST_OF_LEASED);
                holds &= print(mode, "one window", once, LONG_WINDOW)
                        && once.admitted().size() >= least;
                Duration window = Duration.ofMillis(windowMillis);
                Seen steady = during(bench, mode, window, Duration.ofSeconds(seconds));
                holds &= print(mode, seconds + " s, " + windowMillis + " ms each", steady, window);
            }
            servers.server().close();
        }
        out.println(holds ? "every window holds" : "NOT every window holds, or the limit was not reached");
        return holds ? 0 : EXIT_BROKEN;
    }

    private boolean print(String mode, String what, Seen seen, Duration window) {
        int most = seen.mostWithin(window);
        out.printf(
                "%-8s %-24s %,10d %,10d %14d %12d%n",
                mode, what, seen.admitted().size(), seen.refused(), most, seen.other());
        return most <= limit && seen.other() == 0;
    }

    /** Starts three gateways, lets everybody call for that long, and stops them. */
    private Seen during(Bench bench, String mode, Duration window, Duration time)
            throws IOException, InterruptedException, SQLException {
        List<Node> nodes = new ArrayList<>();
        for (int skew : new int[] {300, 0, -300}) {
            Map<String, String> settings = new HashMap<>(clock(skew));
            settings.put(
                    "PORTCULLIS_LIMITS_POLICIES",
                    "p by=client limit=" + limit + " window=" + window.toMillis() + "ms mode=" + mode);
            nodes.add(bench.startFurtherNode(mode + skew + "-" + window.toSeconds(), settings));
        }
        String client = bench.fillRegistry(1).get(0);
        for (Node node : nodes) {
            while (node.metrics().sum("rate_limit_degraded") > 0) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
        Seen seen = new Calls(time).at(nodes, client);
        for (Node node : nodes) {
            node.server().close();
        }
        return seen;
    }

    private Map<String, String> clock(int skewSeconds) {
        return skewSeconds == 0 || clocks.isEmpty()
                ? Map.of()
                : Map.of(
                        "LD_PRELOAD",
                        clocks,
                        "FAKETIME",
                        (skewSeconds > 0 ? "+" : "") + skewSeconds + "s",
                        "FAKETIME_DONT_FAKE_MONOTONIC",
                        "1",
                        "FAKETIME_FORCE_MONOTONIC_FIX",
                        "0");
    }

    /** The library that gives a process another wall clock (Debian: {@code apt-get install faketime}); empty where it is not installed. */
    private static String clocks() {
        Path libraries = Path.of("/usr/lib");
        try (Stream<Path> architectures = Files.isDirectory(libraries) ? Files.list(libraries) : Stream.empty()) {
            return architectures
                    .map(architecture -> architecture.resolve("faketime").resolve("libfaketimeMT.so.1"))
                    .filter(Files::isRegularFile)
                    .map(Path::toString)
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    /** Of one call that was admitted: it lay between the two. */
    private record Admitted(long askedNanos, long toldNanos) {}

    /**
     * What came of all calls.
     *
     * @param other answers other than 200 and 429
     */
    private record Seen(List<Admitted> admitted, long refused, long other) {

        /** Asked for and told within any span of that length. */
        int mostWithin(Duration span) {
            List<Admitted> all = admitted.stream()
                    .sorted(Comparator.comparingLong(Admitted::askedNanos))
                    .toList();
            int most = 0;
            for (int i = 0; i < all.size(); i++) {
                long end = all.get(i).askedNanos() + span.toNanos();
                int within = 0;
                for (int j = i; j < all.size() && all.get(j).askedNanos() - end < 0; j++) {
                    within += all.get(j).toldNanos() - end < 0 ? 1 : 0;
                }
                most = Math.max(most, within);
            }
            return most;
        }
    }

    /** All connections' calls. */
    private final class Calls {
        private final Queue<Admitted> admitted = new ConcurrentLinkedQueue<>();
        private final AtomicLong refused = new AtomicLong();
        private final AtomicLong other = new AtomicLong();
        private final long end;

        Calls(Duration time) {
            this.end = System.nanoTime() + time.toNanos();
        }

        Seen at(List<Node> nodes, String key) throws IOException, InterruptedException {
            ExecutorService threads = Executors.newFixedThreadPool(nodes.size() * connections);
            try {
                List<Future<Void>> callers = new ArrayList<>();
                for (Node node : nodes) {
                    for (int i = 0; i < connections; i++) {
                        callers.add(threads.submit(() -> call(node, Bench.request(node.address(), key))));
                    }
                }
                for (Future<Void> caller : callers) {
                    caller.get();
                }
            } catch (ExecutionException e) {
                throw new IOException("the load has failed", e.getCause());
            } finally {
                threads.shutdownNow();
            }
            return new Seen(List.copyOf(admitted), refused.get(), other.get());
        }

        private Void call(Node node, byte[] request) throws IOException {
            try (KeepAlive connection = new KeepAlive(node.address())) {
                for (long i = 0; i < MOST_CALLS_EACH && System.nanoTime() - end < 0; i++) {
                    long asked = System.nanoTime();
                    int status = connection.ask(request);
                    if (status == 200) {
                        admitted.add(new Admitted(asked, System.nanoTime()));
                    } else {
                        (status == 429 ? refused : other).incrementAndGet();
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
                    }
                }
            }
            return null;
        }
    }
}
