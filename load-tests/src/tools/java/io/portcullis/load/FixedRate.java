package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests at fixed times, whatever the answers take (open loop), in turn to each node. A connection whose answer is late sends its next
 * one late, but the time of that answer counts from when it was due.
 */
final class FixedRate implements AutoCloseable {

    private static final int CONNECTIONS_PER_NODE = 8;
    private static final long LONGEST_SECONDS = 3_600;

    private final List<Node> nodes;
    private final List<String> keys;
    private final int perSecond;
    private final ExecutorService threads;
    private final List<Future<Part>> parts = new ArrayList<>();
    private volatile boolean stopped;

    FixedRate(List<Node> nodes, List<String> keys, int perSecond) {
        this.nodes = nodes;
        this.keys = keys;
        this.perSecond = perSecond;
        this.threads = Executors.newFixedThreadPool(nodes.size() * CONNECTIONS_PER_NODE);
    }

    void start() {
        int connections = nodes.size() * CONNECTIONS_PER_NODE;
        long start = System.nanoTime();
        for (int i = 0; i < connections; i++) {
            parts.add(threads.submit(new Sender(i, connections, start)));
        }
    }

    /** Waits for the answers still due. */
    Served stop() throws IOException, InterruptedException {
        stopped = true;
        long refused = 0;
        List<double[]> millis = new ArrayList<>();
        for (Future<Part> part : parts) {
            try {
                Part one = part.get();
                refused += one.notOk;
                millis.add(one.millis);
            } catch (ExecutionException e) {
                throw new IOException("the load has failed", e.getCause());
            }
        }
        return new Served(
                refused,
                Quantiles.of(millis.stream().flatMapToDouble(Arrays::stream).toArray()));
    }

    @Override
    public void close() {
        stopped = true;
        threads.shutdownNow();
    }

    /**
     * What became of it.
     *
     * @param notOk answers other than 200
     * @param millis from when a request was due to its answer
     */
    record Served(long notOk, Quantiles millis) {}

    private record Part(long notOk, double[] millis) {}

    private final class Sender implements Callable<Part> {
        private final int first;
        private final int step;
        private final long start;
        private double[] millis = new double[4096];
        private int count;

        Sender(int first, int step, long start) {
            this.first = first;
            this.step = step;
            this.start = start;
        }

        @Override
        public Part call() throws IOException {
            Node node = nodes.get(first % nodes.size());
            long notOk = 0;
            try (KeepAlive connection = new KeepAlive(node.address())) {
                long most = LONGEST_SECONDS * perSecond;
                for (long request = first; !stopped && request < most; request += step) {
                    long due = start + request * TimeUnit.SECONDS.toNanos(1) / perSecond;
                    for (long wait = due - System.nanoTime(); wait > 0 && !stopped; wait = due - System.nanoTime()) {
                        LockSupport.parkNanos(wait);
                    }
                    String key = keys.get((int) (request % keys.size()));
                    if (connection.ask(Bench.request(node.address(), key)) != 200) {
                        notOk++;
                    }
                    add((System.nanoTime() - due) / 1e6);
                }
            }
            return new Part(notOk, Arrays.copyOf(millis, count));
        }

        private void add(double value) {
            if (count == millis.length) {
                millis = Arrays.copyOf(millis, 2 * count);
            }
            millis[count++] = value;
        }
    }
}
