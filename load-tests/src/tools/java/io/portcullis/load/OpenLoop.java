package io.portcullis.load;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests at fixed times whatever the answers take, in one thread over many connections: each with a key that has not been asked for, and
 * beside them some with keys that are known. Times count from when a request was due; one that finds no connection free waits for one, and
 * that counts, too.
 *
 * <p>Not thread-safe.
 */
final class OpenLoop implements AutoCloseable {

    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long LAST_ANSWER_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final String OVERLOADED = "\"code\":65015";

    private final InetSocketAddress server;
    private final List<String> cold;
    private final List<String> warm;
    private final Selector selector = Selector.open();
    private final int mostConnections;
    private final Set<Connection> connections = new HashSet<>();
    private final Deque<Connection> free = new ArrayDeque<>();
    private final Deque<Due> waiting = new ArrayDeque<>();
    private final ByteBuffer received = ByteBuffer.allocateDirect(ResponseBuffer.LARGEST);

    private int nextCold;
    private int nextWarm;
    private int inFlight;
    private Samples good = new Samples();
    private Samples shed = new Samples();
    private Samples known = new Samples();
    private Samples late = new Samples();
    private long unavailable;

    OpenLoop(InetSocketAddress server, List<String> cold, List<String> warm, int mostConnections) throws IOException {
        this.server = server;
        this.cold = cold;
        this.warm = warm;
        this.mostConnections = mostConnections;
    }

    /**
     * What became of it.
     *
     * @param offered misses a second
     * @param good milliseconds of the misses that were answered 200
     * @param shed of those that were answered 503 with code 65015
     * @param known of the keys that were known
     * @param late milliseconds from when a request was due to when it was written: what of the others is the load's own
     * @param unavailable misses that were answered with another 503
     * @param seconds in which the good ones were answered
     */
    record Served(
            double offered,
            Quantiles good,
            Quantiles shed,
            Quantiles known,
            Quantiles late,
            long unavailable,
            double seconds) {
        double goodput() {
            return good.count() / seconds;
        }
    }

    /** Offers so many misses and requests with known keys a second. Fails on any answer that is none of those named above. */
    Served run(double missesPerSecond, double knownPerSecond, Duration window) throws IOException {
        good = new Samples();
        shed = new Samples();
        known = new Samples();
        late = new Samples();
        unavailable = 0;
        long start = System.nanoTime();
        long end = start + window.toNanos();
        long misses = 0;
        long warmOnes = 0;
        long goodAtEnd = -1;
        while (true) {
            long now = System.nanoTime();
            boolean over = now - end >= 0;
            while (!over && now - due(start, misses, missesPerSecond) >= 0) {
                waiting.add(new Due(due(start, misses++, missesPerSecond), take(), false));
            }
            while (!over && now - due(start, warmOnes, knownPerSecond) >= 0) {
                String key = warm.get(nextWarm++ % warm.size());
                waiting.add(new Due(due(start, warmOnes++, knownPerSecond), key, true));
            }
            while (!waiting.isEmpty() && (!free.isEmpty() || connections.size() < mostConnections)) {
                Connection connection = free.isEmpty() ? open() : free.pop();
                send(connection, waiting.poll());
            }
            if (over && goodAtEnd < 0) {
                goodAtEnd = good.count;
            }
            if (over && inFlight == 0 && waiting.isEmpty()) {
                break;
            }
            if (now - end > LAST_ANSWER_NANOS) {
                throw new IOException(inFlight + " answers have not come");
            }
            if (selector.selectNow(this::read) == 0) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        // What was answered after the window was asked for in it: it is good, but it is no rate.
        Quantiles answered = good.quantiles();
        return new Served(
                missesPerSecond,
                answered,
                shed.quantiles(),
                known.quantiles(),
                late.quantiles(),
                unavailable,
                window.toNanos() / 1e9 * answered.count() / Math.max(1, goodAtEnd));
    }

    private static long due(long start, long number, double perSecond) {
        return start + (long) (number * 1e9 / perSecond);
    }

    private String take() {
        if (nextCold == cold.size()) {
            throw new IllegalStateException("all " + nextCold + " keys have been asked for: more --keys are needed");
        }
        return cold.get(nextCold++);
    }

    private Connection open() throws IOException {
        SocketChannel channel = SocketChannel.open(server);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        Connection connection = new Connection(channel);
        channel.register(selector, SelectionKey.OP_READ, connection);
        connections.add(connection);
        return connection;
    }

    private void send(Connection connection, Due request) throws IOException {
        connection.asked = request;
        late.add((System.nanoTime() - request.at()) / 1e6);
        inFlight++;
        ByteBuffer bytes = ByteBuffer.wrap(Bench.request(server, request.key()));
        connection.channel.write(bytes);
        if (bytes.hasRemaining()) {
            throw new IOException("a request did not fit an empty socket buffer");
        }
    }

    private void read(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        try {
            received.clear();
            if (connection.channel.read(received) < 0) {
                if (free.remove(connection)) {
                    // It was idle for too long.
                    connections.remove(connection);
                    connection.channel.close();
                    return;
                }
                throw new EOFException("the server closed a connection");
            }
            connection.answer.append(received.flip());
            if (connection.answer.isComplete()) {
                judge(connection.answer, connection.asked);
                connection.answer.clear();
                inFlight--;
                free.push(connection);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void judge(ResponseBuffer answer, Due asked) throws IOException {
        double millis = (System.nanoTime() - asked.at()) / 1e6;
        int status = answer.status();
        if (status == 200) {
            (asked.known() ? known : good).add(millis);
        } else if (status == 503 && !asked.known()) {
            if (answer.text().contains(OVERLOADED)) {
                shed.add(millis);
            } else {
                unavailable++;
            }
        } else {
            throw new IOException((asked.known() ? "a known key was answered\n" : "answered\n") + answer.text());
        }
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.channel.close();
        }
        selector.close();
    }

    private record Due(long at, String key, boolean known) {}

    private static final class Connection {
        private final SocketChannel channel;
        private final ResponseBuffer answer = new ResponseBuffer();
        private Due asked = new Due(0, "", false);

        Connection(SocketChannel channel) {
            this.channel = channel;
        }
    }

    private static final class Samples {
        private double[] values = new double[4096];
        private int count;

        void add(double value) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = value;
        }

        Quantiles quantiles() {
            return Quantiles.of(Arrays.copyOf(values, count));
        }
    }
}
