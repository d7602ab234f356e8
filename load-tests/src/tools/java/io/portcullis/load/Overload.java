package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import io.portcullis.load.OpenLoop.Served;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A gateway whose database can answer so many look-ups a second, and callers with keys that nobody has asked for yet. */
@Command(
        name = "overload.sh",
        sortOptions = false,
        description =
                "Three times as many misses as the database can answer: goodput, and how fast the rest is refused.")
public final class Overload implements Callable<Integer> {

    private static final int WARM_KEYS = 100;
    private static final int MOST_STEPS = 14;
    private static final double STEP = 1.3;
    /** Below it the database no longer keeps up with what is offered. */
    private static final double KEPT_UP = 0.9;

    private static final int STEPS_BEYOND = 3;
    private static final Duration WARM_UP = Duration.ofSeconds(20);

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            required = true,
            description = "the gateway (default: the one just built)")
    private Path jar;

    @Option(
            names = "--delay",
            paramLabel = "MILLIS",
            defaultValue = "10",
            description =
                    "what a look-up takes on its way to the database and back (${DEFAULT-VALUE}); 0: the database as it is")
    private double delay;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "4",
            description = "with a delay: look-ups that the database does at once (${DEFAULT-VALUE})")
    private int databaseConnections;

    @Option(
            names = "--factor",
            paramLabel = "N",
            defaultValue = "3",
            description = "how many times the peak is offered (${DEFAULT-VALUE})")
    private double factor;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "10",
            description = "length of a window of the overload (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--windows",
            paramLabel = "N",
            defaultValue = "7",
            description = "windows of the overload, of which the medians count (${DEFAULT-VALUE})")
    private int windows;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "300000",
            description = "each is asked for once (${DEFAULT-VALUE})")
    private int keyCount;

    @Option(
            names = "--start",
            paramLabel = "N",
            defaultValue = "250",
            description = "misses a second at which the search for the peak begins (${DEFAULT-VALUE})")
    private double start;

    @Option(
            names = "--known",
            paramLabel = "N",
            defaultValue = "200",
            description = "requests a second with keys that the gateway holds (${DEFAULT-VALUE})")
    private double known;

    @Option(names = "--unlimited", description = "without the limit, to see what it is for")
    private boolean unlimited;

    @Option(
            names = "--jvm",
            paramLabel = "FLAGS",
            defaultValue = "-Xms1g -Xmx1g -XX:+AlwaysPreTouch",
            description = "flags of the gateway (${DEFAULT-VALUE})")
    private String jvmFlags;

    @Option(names = "--help", usageHelp = true, description = "this text")
    private boolean help;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Overload())
                .setOverwrittenOptionsAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println(failure);
                    return 1;
                })
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        List<String> flags =
                Stream.of(jvmFlags.split(" ")).filter(flag -> !flag.isEmpty()).toList();
        // Nobody is pinned: on one core with the load, Linux has been seen to let Redis wait for half a second.
        try (Bench bench = new Bench(Pinning.none(), jar, flags, false)) {
            bench.startNode("servers", Map.of());
            List<String> keys = new ArrayList<>(bench.fillRegistry(keyCount + WARM_KEYS));
            try (Registry registry = bench.registry()) {
                registry.tidyUp();
            }
            Collections.shuffle(keys);
            URI database = bench.postgres();
            try (SlowWay way = new SlowWay(
                    new InetSocketAddress(database.getHost(), database.getPort()), (long) (delay * 1e6 / 2))) {
                return measure(bench.startFurtherNode("gateway", settings(database, way.port())), keys);
            }
        }
    }

    private Map<String, String> settings(URI database, int slowPort) {
        Map<String, String> settings = new HashMap<>();
        if (delay > 0) {
            settings.put(
                    "PORTCULLIS_POSTGRES_URL",
                    database.toString().replace(":" + database.getPort() + "/", ":" + slowPort + "/"));
            // One half of the pool is for look-ups.
            settings.put("PORTCULLIS_POSTGRES_POOL_SIZE", Integer.toString(2 * databaseConnections));
            settings.put("PORTCULLIS_POSTGRES_POOL_MIN", "1");
            settings.put("PORTCULLIS_POSTGRES_PIPELINING_LIMIT", "1");
        }
        if (unlimited) {
            settings.put("PORTCULLIS_POSTGRES_CONCURRENCY_MIN", "100000");
            settings.put("PORTCULLIS_POSTGRES_CONCURRENCY_MAX", "100000");
        }
        return settings;
    }

    private int measure(Node gateway, List<String> keys) throws IOException, InterruptedException {
        List<String> warm = keys.subList(0, WARM_KEYS);
        FilledNode.hold(gateway.address(), warm);
        System.out.printf(
                Locale.ROOT,
                "%10s %10s %22s %22s %26s %6s%n",
                "offered/s",
                "good/s",
                "good ms",
                "shed ms",
                "known ms",
                "limit");
        try (OpenLoop load =
                new OpenLoop(gateway.address(), keys.subList(WARM_KEYS, keys.size()), warm, unlimited ? 2000 : 500)) {
            // Code that has not run is not compiled, and the first answer with metrics costs what has been.
            load.run(start, known, Duration.ofSeconds(5));
            gateway.metrics();
            load.run(start, known, Duration.ofSeconds(5));
            double peak = peak(gateway, load);
            load.run(factor * peak, known, WARM_UP);
            System.out.println("overload");
            List<Served> overload = new ArrayList<>();
            for (int window = 0; window < windows; window++) {
                overload.add(load.run(factor * peak, known, Duration.ofSeconds(seconds)));
                tell(gateway, overload.get(window));
            }
            double share = median(overload, Served::goodput) / peak;
            double refused = median(overload, served -> served.shed().at(0.99));
            long unavailable = overload.stream().mapToLong(Served::unavailable).sum();
            System.out.printf(
                    Locale.ROOT,
                    """

                    peak %.0f a second; %.1f times that offered. Medians of %d windows:
                    goodput    %.1f %% of the peak
                    refused    within %.1f ms (median), %.1f ms (99 %%)
                    load late  by %.1f ms (median), %.1f ms (99 %%), which is in all of these times
                    """,
                    peak,
                    factor,
                    windows,
                    100 * share,
                    median(overload, served -> served.shed().at(0.5)),
                    refused,
                    median(overload, served -> served.late().at(0.5)),
                    median(overload, served -> served.late().at(0.99)));
            if (unavailable > 0) {
                System.out.printf(Locale.ROOT, "%d were answered 503 as for a database that is away%n", unavailable);
            }
            return share >= KEPT_UP && refused <= 5 && unavailable == 0 ? 0 : 1;
        }
    }

    private static double median(List<Served> windows, ToDoubleFunction<Served> of) {
        return Quantiles.of(windows.stream().mapToDouble(of).toArray()).at(0.5);
    }

    /** More and more is offered until what is answered no longer grows with it. */
    private double peak(Node gateway, OpenLoop load) throws IOException, InterruptedException {
        double peak = 0;
        double rate = start;
        int beyond = 0;
        for (int step = 0; step < MOST_STEPS && beyond < STEPS_BEYOND; step++, rate *= STEP) {
            Served served = load.run(rate, known, Duration.ofSeconds(3));
            tell(gateway, served);
            peak = Math.max(peak, served.goodput());
            beyond = served.goodput() < KEPT_UP * rate ? beyond + 1 : 0;
        }
        return peak;
    }

    private static void tell(Node gateway, Served served) throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "%10.0f %10.0f %22s %22s %26s %6.0f%n",
                served.offered(),
                served.goodput(),
                millis(served.good()),
                millis(served.shed()),
                millis(served.known()),
                gateway.metrics().sum("registry_store_limit"));
    }

    /** Median, 99th percentile, maximum. */
    private static String millis(Quantiles of) {
        return of.count() == 0
                ? "-"
                : String.format(Locale.ROOT, "%.1f  %.1f  %.1f", of.at(0.5), of.at(0.99), of.max());
    }
}
