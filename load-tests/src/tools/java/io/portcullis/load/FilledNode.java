package io.portcullis.load;

import io.portcullis.load.Bench.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One gateway whose memory has room for all clients, and a registry full of them. */
record FilledNode(Node node, Registry registry, List<String> keys, List<String> clients) implements AutoCloseable {

    /** Records stay for the whole run, as far as nobody changes them; and so does the change log. */
    private static final Map<String, String> SETTINGS = Map.of(
            "PORTCULLIS_CACHE_NEAR_SIZE", "3GB",
            "PORTCULLIS_CACHE_TTL", "1h",
            "PORTCULLIS_FRESHNESS_LOG_CHANGES", "100000000");

    private static final int KEYS_AT_ONCE = 20_000;
    private static final int CONNECTIONS = 16;
    private static final int ATTEMPTS = 5;
    private static final Duration FILL_LIMIT = Duration.ofMinutes(2);
    private static final long APPLY_LIMIT_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final long LOOK_EVERY_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    /** The gateway is started anew when the clients are there: it has not had to follow their making. */
    static FilledNode start(Bench bench, int clients) throws IOException, InterruptedException, SQLException {
        Node maker = bench.startNode("gateway", SETTINGS);
        List<String> keys = bench.fillRegistry(clients);
        try (Registry registry = bench.registry()) {
            registry.tidyUp();
        }
        maker.server().close();
        Node node = bench.startNode("gateway", SETTINGS);
        Registry registry = bench.registry();
        return new FilledNode(node, registry, keys, registry.seededClients());
    }

    /** Has the gateway hold these clients: asks for each of their keys once. */
    void hold(int from, int to) throws IOException {
        for (int start = from; start < to; start += KEYS_AT_ONCE) {
            hold(node.address(), keys.subList(start, Math.min(to, start + KEYS_AT_ONCE)));
        }
    }

    /** A gateway that has just been started, on a core that others want, may not be able to ask for so many in time: it is asked again. */
    static void hold(InetSocketAddress gateway, List<String> keys) throws IOException {
        List<byte[]> requests =
                keys.stream().map(key -> Bench.request(gateway, key)).toList();
        for (int attempt = 1; ; attempt++) {
            try (ClosedLoop loop = new ClosedLoop(gateway, requests, Math.min(CONNECTIONS, requests.size()))) {
                loop.run(FILL_LIMIT, requests.size());
                return;
            } catch (UncheckedIOException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Waits until the gateway says that it has applied what is committed. */
    void awaitApplied() throws IOException, SQLException {
        long start = System.nanoTime();
        while (!registry.isApplied()) {
            if (System.nanoTime() - start > APPLY_LIMIT_NANOS) {
                throw new IOException("not applied within " + Duration.ofNanos(APPLY_LIMIT_NANOS)
                        + "; the end of the gateway's log:\n" + node.server().endOfLog());
            }
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
        }
    }

    @Override
    public void close() throws SQLException {
        registry.close();
    }
}
