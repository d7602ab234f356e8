package io.portcullis.load;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Changes of one row, one after the other, against a gateway that holds few clients and then more and more: what one takes, and what it
 * costs the gateway's process.
 */
final class SingleChanges {

    private static final long SETTLE_MILLIS = 3_000;
    private static final long SHORTEST_IDLE_MILLIS = 2_000;

    private final Bench bench;
    private final List<Integer> levels;
    private final int changes;
    private final Random random = new Random(1);

    SingleChanges(Bench bench, List<Integer> levels, int changes) {
        this.bench = bench;
        this.levels = levels;
        this.changes = changes;
    }

    /**
     * What the changes took at one level.
     *
     * @param held clients, as the gateway counts them
     * @param millis from the return of a commit to the gateway's word that it has applied it
     * @param meanDelayMillis from commit to applied, as the gateway measures it
     * @param cpuMillis of the gateway, for one change, above what it uses anyway
     */
    private record Level(double held, Quantiles millis, double meanDelayMillis, double cpuMillis) {}

    void measure() throws IOException, InterruptedException, SQLException {
        int most = levels.get(levels.size() - 1);
        try (FilledNode filled = FilledNode.start(bench, most)) {
            List<Level> results = new ArrayList<>();
            int held = 0;
            for (int level : levels) {
                filled.hold(held, level);
                held = level;
                // Compiled code, connections, the database's plans: not at the cost of the first level.
                change(filled, level, results.isEmpty() ? 10 * changes : changes);
                filled.node().server().collectGarbage();
                TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
                results.add(change(filled, level, changes));
            }
            report(results);
        }
    }

    private Level change(FilledNode filled, int level, int count)
            throws IOException, InterruptedException, SQLException {
        ServerProcess server = filled.node().server();
        List<Integer> chosen = random.ints(count, 0, level).boxed().toList();
        double[] millis = new double[count];
        Metrics before = filled.node().metrics();
        TimeUnit.MILLISECONDS.sleep(SHORTEST_IDLE_MILLIS / 4);

        long start = System.nanoTime();
        long cpuAtStart = server.cpuTime().total();
        for (int i = 0; i < count; i++) {
            filled.registry().touch(filled.clients().get(chosen.get(i)), "single-" + random.nextLong());
            long committed = System.nanoTime();
            filled.awaitApplied();
            millis[i] = (System.nanoTime() - committed) / 1e6;
        }
        long took = System.nanoTime() - start;
        long cpu = server.cpuTime().total() - cpuAtStart;
        Metrics after = filled.node().metrics();

        double idleCpu = idleShare(server, Math.max(TimeUnit.NANOSECONDS.toMillis(took), SHORTEST_IDLE_MILLIS));
        double applied =
                after.sum("registry_change_delay_seconds_count") - before.sum("registry_change_delay_seconds_count");
        double seconds =
                after.sum("registry_change_delay_seconds_sum") - before.sum("registry_change_delay_seconds_sum");
        double held = before.sum("registry_near_clients");
        for (int one : chosen) {
            filled.hold(one, one + 1);
        }
        return new Level(held, Quantiles.of(millis), 1e3 * seconds / applied, (cpu - idleCpu * took) / 1e6 / count);
    }

    /** Of a core, that the process uses while nothing is changed. */
    private static double idleShare(ServerProcess server, long millis) throws IOException, InterruptedException {
        long start = System.nanoTime();
        long cpuAtStart = server.cpuTime().total();
        TimeUnit.MILLISECONDS.sleep(millis);
        return (double) (server.cpuTime().total() - cpuAtStart) / (System.nanoTime() - start);
    }

    private void report(List<Level> results) {
        Level first = results.get(0);
        System.out.printf("%d changes of one row at each level%n%n", changes);
        System.out.printf(
                "%12s %12s %8s %12s %8s %14s %8s%n",
                "clients held", "applied ms", "ratio", "delay ms", "ratio", "CPU ms each", "ratio");
        for (Level level : results) {
            System.out.printf(
                    Locale.ROOT,
                    "%,12.0f %12.2f %8.2f %12.2f %8.2f %14.3f %8.2f%n",
                    level.held,
                    level.millis.at(0.5),
                    level.millis.at(0.5) / first.millis.at(0.5),
                    level.meanDelayMillis,
                    level.meanDelayMillis / first.meanDelayMillis,
                    level.cpuMillis,
                    level.cpuMillis / first.cpuMillis);
        }
        System.out.println();
    }
}
