package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.UserSource.State;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Traffic that needs no User Service, by turns with a service that is well and with one that is not; beside it, always, requests of clients
 * whose owners must be asked for. What the first loses is the result, with what becomes of the others and how often the service is asked.
 */
@Command(
        name = "user-service.sh",
        sortOptions = false,
        description = "What other traffic loses while the User Service is slow, failing, down or lying.")
public final class UserServiceFaults implements Callable<Integer> {

    private static final int EXIT_TOO_MUCH_LOST = 3;
    private static final double LEAST_RATE = 0.9;
    private static final Duration LEAD_IN = Duration.ofSeconds(1);
    /** How long a service is ill before it is looked at: so long the breaker, which has seen it well, may take. */
    private static final Duration ILL_FOR = Duration.ofSeconds(5);

    private static final Duration WARM_UP = Duration.ofSeconds(15);
    private static final String ROW = "%-18s %-24s %-24s %14s %16s %14s%n";

    @Mixin
    private final PairOptions options = new PairOptions(10);

    @Option(
            names = "--owners",
            paramLabel = "N",
            defaultValue = "100",
            description =
                    "clients with one, and requests of them a second: each is asked for once a second (${DEFAULT-VALUE})")
    private int owners;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "16",
            description = "of the traffic without owners (${DEFAULT-VALUE})")
    private int connections;

    @Option(names = "--only", paramLabel = "STATE", split = ",", description = "of ${COMPLETION-CANDIDATES} (all)")
    private List<State> only = List.of(State.SLOW, State.HALF, State.DOWN, State.LYING);

    private final PrintStream out = System.out;

    public static void main(String[] args) {
        PairOptions.run(new UserServiceFaults(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        Pinning pinning = options.pinning();
        try (UserSource users = new UserSource();
                Bench bench = new Bench(pinning, options.jar(), options.jvmFlags(), false)) {
            Node node = bench.startNode(
                    "gateway",
                    Map.of(
                            "PORTCULLIS_FRESHNESS_LEASE", "5m",
                            "PORTCULLIS_CACHE_TTL", "1h",
                            "PORTCULLIS_DEPLOYMENT_INGRESS_INSTANCES", "1",
                            "PORTCULLIS_AUTH_OWNER_CHECK", "strict",
                            "PORTCULLIS_CACHE_USER_TTL", "1s",
                            "PORTCULLIS_USER_SERVICE_URL", users.url(),
                            "PORTCULLIS_USER_SERVICE_TIMEOUT", "500ms"));
            List<String> keys = bench.fillRegistry(options.keyCount() + owners);
            List<String> owned = new ArrayList<>(keys.subList(0, owners));
            List<String> others = keys.subList(owners, keys.size());
            try (Registry registry = bench.registry()) {
                registry.own(registry.seededClients().subList(0, owners));
            }
            FilledNode.hold(node.address(), others);
            List<byte[]> requests = others.stream()
                    .map(key -> Bench.request(node.address(), key))
                    .toList();
            out.printf(
                    "traffic   %d keys without an owner, %d connections, closed loop; %d requests a second of as many with one%n",
                    options.keyCount(), connections, owners);
            out.printf(
                    "windows   %d pairs of %d ms for each state; %s; %s%n%n",
                    options.pairs(), options.window().toMillis(), pinning, options.jvm());
            try (ClosedLoop traffic = new ClosedLoop(node.address(), requests, connections);
                    FixedRate asking = new FixedRate(List.of(node), owned, owners)) {
                asking.start();
                traffic.run(WARM_UP, Long.MAX_VALUE);
                if (users.asked() == 0) {
                    throw new IOException("nobody was asked for: the gateway does not check owners");
                }
                out.printf(
                        ROW, "", "rate ill / well", "the same per CPU s", "calls/s well", "calls/s ill", "owner 503/s");
                boolean fine = true;
                for (State state : only) {
                    fine &= measure(node, traffic, users, state);
                }
                return fine ? 0 : EXIT_TOO_MUCH_LOST;
            }
        }
    }

    private record Window(long requests, long nanos, long cpuNanos, double calls, double unavailable) {

        double perSecond() {
            return requests * 1e9 / nanos;
        }

        double perCpuSecond() {
            return requests * 1e9 / cpuNanos;
        }
    }

    private boolean measure(Node node, ClosedLoop traffic, UserSource users, State state)
            throws IOException, InterruptedException {
        int pairs = options.pairs();
        Window[] well = new Window[pairs];
        Window[] ill = new Window[pairs];
        for (int i = 0; i < pairs; i++) {
            if (i % 2 == 0) {
                well[i] = window(node, traffic, users, State.WELL);
                ill[i] = window(node, traffic, users, state);
            } else {
                ill[i] = window(node, traffic, users, state);
                well[i] = window(node, traffic, users, State.WELL);
            }
        }
        double[] rate = new double[pairs];
        double[] perCpu = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            rate[i] = ill[i].perSecond() / well[i].perSecond();
            perCpu[i] = ill[i].perCpuSecond() / well[i].perCpuSecond();
        }
        Interval rates = Interval.of(rate);
        out.printf(
                ROW,
                state.title(),
                rates.format("%.3f"),
                Interval.of(perCpu).format("%.3f"),
                text(Arrays.stream(well).mapToDouble(Window::calls).average().orElse(0)),
                text(Arrays.stream(ill).mapToDouble(Window::calls).average().orElse(0)),
                text(Arrays.stream(ill)
                        .mapToDouble(Window::unavailable)
                        .average()
                        .orElse(0)));
        return rates.median() > LEAST_RATE;
    }

    private Window window(Node node, ClosedLoop traffic, UserSource users, State state)
            throws IOException, InterruptedException {
        users.be(state);
        if (state == State.WELL) {
            // Whoever was left alone is asked again.
            awaitWell(node, traffic);
        }
        traffic.run(state == State.WELL ? LEAD_IN : ILL_FOR, Long.MAX_VALUE);
        long cpu = node.server().cpuTime().total();
        long asked = users.asked();
        double refused = unavailable(node);
        ClosedLoop.Served served = traffic.run(options.window(), Long.MAX_VALUE);
        double seconds = served.nanos() / 1e9;
        return new Window(
                served.requests(),
                served.nanos(),
                node.server().cpuTime().total() - cpu,
                (users.asked() - asked) / seconds,
                (unavailable(node) - refused) / seconds);
    }

    /** Until no owner's request is refused any more. */
    private static void awaitWell(Node node, ClosedLoop traffic) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        double before = -1;
        for (double now = unavailable(node); now != before; now = unavailable(node)) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("owners are still unknown a minute after the service is well");
            }
            before = now;
            traffic.run(LEAD_IN, Long.MAX_VALUE);
        }
    }

    private static double unavailable(Node node) throws IOException, InterruptedException {
        return node.metrics().sum("auth_requests_total", "outcome=\"unavailable\"");
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }
}
