package io.portcullis.load;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Measures two servers, or one with two kinds of requests, by turns. Who goes first alternates, so that a trend of the machine favours neither. */
final class Pairs implements AutoCloseable {

    /** Not measured at the head of each window: the other server had the core, its caches and its branch predictor. */
    private static final Duration LEAD_IN = Duration.ofMillis(200);
    /** Far above what a core can serve, far below forever. */
    private static final long MOST_REQUESTS_PER_SECOND = 2_000_000;

    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final Side reference;
    private final Side candidate;

    Pairs(ServerProcess reference, ServerProcess candidate, List<String> keys, int connections) throws IOException {
        this.reference = side(reference, keys, connections);
        this.candidate = side(candidate, keys, connections);
    }

    /**
     * With requests of some and of others, over the same connections: two sets of them differ by some hundredths, as they happen to lie in the
     * processor's caches.
     *
     * @param sleeps leaves its core to others while it waits
     */
    Pairs(ServerProcess server, List<String> reference, List<String> candidate, int connections, boolean sleeps)
            throws IOException {
        ClosedLoop.Requests first = requests(server, reference);
        ClosedLoop loop = new ClosedLoop(server.address(), first, connections, sleeps);
        this.reference = new Side(server, loop, first);
        this.candidate = new Side(server, loop, requests(server, candidate));
    }

    private static Side side(ServerProcess server, List<String> keys, int connections) throws IOException {
        ClosedLoop.Requests requests = requests(server, keys);
        return new Side(server, new ClosedLoop(server.address(), requests, connections, false), requests);
    }

    private static ClosedLoop.Requests requests(ServerProcess server, List<String> keys) {
        return new ClosedLoop.Requests(
                keys.stream().map(key -> Bench.request(server.address(), key)).toList());
    }

    List<Pair> measure(int count, Duration window) throws IOException {
        List<Pair> pairs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            if (i % 2 == 0) {
                Window first = reference.window(window);
                pairs.add(new Pair(first, candidate.window(window)));
            } else {
                Window first = candidate.window(window);
                pairs.add(new Pair(reference.window(window), first));
            }
        }
        return pairs;
    }

    @Override
    public void close() throws IOException {
        reference.loop.close();
        candidate.loop.close();
    }

    private record Side(ServerProcess server, ClosedLoop loop, ClosedLoop.Requests requests) {

        Window window(Duration length) throws IOException {
            loop.use(requests);
            run(LEAD_IN);
            Instant from = Instant.now();
            long loadBefore = PROCESS.getProcessCpuTime();
            ServerProcess.CpuTime before = server.cpuTime();
            long onCoreBefore = server.onCoreNanos();
            ClosedLoop.Served served = run(length);
            long onCore = server.onCoreNanos() - onCoreBefore;
            ServerProcess.CpuTime used = server.cpuTime().since(before);
            return new Window(
                    from,
                    Instant.now(),
                    served.requests(),
                    served.nanos(),
                    onCore,
                    used.user(),
                    used.system(),
                    PROCESS.getProcessCpuTime() - loadBefore);
        }

        private ClosedLoop.Served run(Duration length) throws IOException {
            return loop.run(length, length.toMillis() * MOST_REQUESTS_PER_SECOND / 1000);
        }
    }

    record Pair(Window reference, Window candidate) {

        double ratio() {
            return candidate.cpuMicros() / reference.cpuMicros();
        }

        boolean isUndisturbed() {
            return reference.isUndisturbed() && candidate.isUndisturbed();
        }
    }

    /**
     * What one server did in one window.
     *
     * @param nanos length
     * @param onCoreNanos on a core, all threads of the server
     * @param userNanos of those in user mode, by the tick of 10 ms
     * @param systemNanos in the kernel, the same
     * @param loadNanos of the load generator on its core
     */
    record Window(
            Instant from,
            Instant to,
            long requests,
            long nanos,
            long onCoreNanos,
            long userNanos,
            long systemNanos,
            long loadNanos) {

        private static final double ALL_OF_A_CORE = 0.95;

        double cpuMicros() {
            return onCoreNanos / 1e3 / requests;
        }

        double userMicros() {
            return userNanos / 1e3 / requests;
        }

        double systemMicros() {
            return systemNanos / 1e3 / requests;
        }

        double requestsPerSecond() {
            return requests * 1e9 / nanos;
        }

        /** 1 for a server that had its core to itself and never waited for the load generator. */
        double coreBusy() {
            return (double) onCoreNanos / nanos;
        }

        /** Whether server and load generator, which never sleeps, each had all of its core. */
        boolean isUndisturbed() {
            return coreBusy() >= ALL_OF_A_CORE && (double) loadNanos / nanos >= ALL_OF_A_CORE;
        }
    }
}
