package io.portcullis.load;

import io.portcullis.load.ClosedLoop.Served;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Very many rows changed by one statement, none of them of the clients that the traffic comes from: how much of the traffic's rate is left
 * while the gateway applies that? The statement is done, and its commit held back, before anything is measured: its own CPU is not the
 * gateway's.
 */
final class BulkChange {

    private static final Duration SLICE = Duration.ofMillis(100);
    private static final long MOST_REQUESTS_OF_A_SLICE = 200_000;
    private static final int QUIET_SLICES = 20;
    private static final int BASELINE_SLICES = 30;
    private static final int MOST_SLICES = 600;
    private static final int SLICES_AFTER = 10;
    private static final long HEAP_EVERY_MILLIS = 250;

    private final Bench bench;
    private final int keyCount;
    private final int rows;
    private final int repetitions;
    private final int connections;

    BulkChange(Bench bench, int keyCount, int rows, int repetitions, int connections) {
        this.bench = bench;
        this.keyCount = keyCount;
        this.rows = rows;
        this.repetitions = repetitions;
        this.connections = connections;
    }

    /**
     * One of them.
     *
     * @param before requests a second in each slice while nothing was committed
     * @param during in those between commit and the gateway's word that it has applied it
     * @param millis between those two
     * @param fences that the gateway holds afterwards
     */
    private record Repetition(Quantiles before, Quantiles during, double millis, double fences, Heap heap) {

        double ratio() {
            return during.at(0.5) / before.at(0.5);
        }

        double worst() {
            return during.at(0) / before.at(0.5);
        }
    }

    /**
     * Megabytes in use.
     *
     * @param before and {@code after}: what is left after a full collection
     * @param peak with garbage
     */
    private record Heap(double before, double peak, double after) {}

    /** The share of the rate that is left, the median of all repetitions. */
    double measure() throws IOException, InterruptedException, SQLException {
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try (FilledNode filled = FilledNode.start(bench, keyCount + rows)) {
            InetSocketAddress address = filled.node().address();
            List<byte[]> requests = filled.keys().subList(0, keyCount).stream()
                    .map(key -> Bench.request(address, key))
                    .toList();
            List<Repetition> all = new ArrayList<>();
            try (ClosedLoop traffic = new ClosedLoop(address, requests, connections)) {
                filled.hold(0, keyCount);
                slices(traffic, 5 * BASELINE_SLICES, null);
                // The first is of code that has not been compiled yet: told, not counted.
                for (int i = 0; i <= repetitions; i++) {
                    filled.hold(keyCount, keyCount + rows);
                    all.add(repetition(filled, traffic, writer, "bulk-" + i + "-"));
                }
            }
            report(all);
            return counted(all).median();
        } finally {
            writer.shutdownNow();
        }
    }

    private Repetition repetition(FilledNode filled, ClosedLoop traffic, ExecutorService writer, String value)
            throws IOException, InterruptedException, SQLException {
        int changed = filled.registry().touchAllFrom(Seed.codeOf(keyCount), value);
        if (changed != rows) {
            throw new SQLException(changed + " rows, not " + rows);
        }
        double heapBefore = heapAfterCollection(filled);
        HeapPeak peak = new HeapPeak(filled);
        ScheduledExecutorService sampler = Executors.newSingleThreadScheduledExecutor();
        try {
            sampler.scheduleAtFixedRate(peak, 0, HEAP_EVERY_MILLIS, TimeUnit.MILLISECONDS);
            slices(traffic, QUIET_SLICES, null);
            Quantiles before = slices(traffic, BASELINE_SLICES, null);
            Future<Long> applied = writer.submit(() -> {
                long start = System.nanoTime();
                filled.registry().commit();
                filled.awaitApplied();
                return System.nanoTime() - start;
            });
            Quantiles during = slices(traffic, MOST_SLICES, applied);
            double millis = applied.get() / 1e6;
            slices(traffic, SLICES_AFTER, null);
            double fences = filled.node().metrics().sum("registry_fences");
            return new Repetition(
                    before,
                    during,
                    millis,
                    fences,
                    new Heap(heapBefore, peak.megabytes(), heapAfterCollection(filled)));
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            sampler.shutdownNow();
        }
    }

    /** The rate of each slice, so many of them or until that is done. */
    private static Quantiles slices(ClosedLoop traffic, int most, Future<?> until) throws IOException {
        List<Double> rates = new ArrayList<>();
        while (rates.size() < most && (until == null || !until.isDone())) {
            Served served = traffic.run(SLICE, MOST_REQUESTS_OF_A_SLICE);
            rates.add(served.requests() * 1e9 / served.nanos());
        }
        return Quantiles.of(rates.stream().mapToDouble(rate -> rate).toArray());
    }

    private static double heapAfterCollection(FilledNode filled) throws IOException, InterruptedException {
        filled.node().server().collectGarbage();
        return heap(filled);
    }

    private static double heap(FilledNode filled) throws IOException, InterruptedException {
        return filled.node().metrics().sum("jvm_memory_used_bytes", "area=\"heap\"") / (1 << 20);
    }

    /** Looks at the heap in the same way before and while the change is applied, so that looking costs both the same. */
    private static final class HeapPeak implements Runnable {
        private final FilledNode filled;
        private volatile double most;

        HeapPeak(FilledNode filled) {
            this.filled = filled;
        }

        @Override
        public void run() {
            try {
                most = Math.max(most, heap(filled));
            } catch (IOException e) {
                // The next look will do.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        double megabytes() {
            return most;
        }
    }

    private static Interval counted(List<Repetition> all) {
        return Interval.of(all.stream().skip(1).mapToDouble(Repetition::ratio).toArray());
    }

    private void report(List<Repetition> all) {
        System.out.printf(
                "one statement on %d rows, traffic of %d other clients over %d connections, slices of %d ms%n%n",
                rows, keyCount, connections, SLICE.toMillis());
        System.out.printf(
                "%12s %12s %8s %8s %12s %10s %10s %9s %9s%n",
                "before /s", "during /s", "ratio", "worst", "applied ms", "fences", "heap MB", "peak MB", "after MB");
        for (Repetition one : all) {
            System.out.printf(
                    Locale.ROOT,
                    "%,12.0f %,12.0f %8.3f %8.3f %12.0f %,10.0f %10.0f %9.0f %9.0f%n",
                    one.before.at(0.5),
                    one.during.at(0.5),
                    one.ratio(),
                    one.worst(),
                    one.millis,
                    one.fences,
                    one.heap.before,
                    one.heap.peak,
                    one.heap.after);
        }
        System.out.printf(
                "%nmedian ratio %s of the last %d repetitions; the first is of cold code%n",
                counted(all).format("%.3f"), all.size() - 1);
    }
}
