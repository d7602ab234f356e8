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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A closed loop over keep-alive connections: each sends its next request when the answer to the last one has come, in one thread, with
 * requests built beforehand. Raw sockets, because a client library costs more than the server that is to be measured. Every answer must be
 * a 200 with a Content-Length: anything else ends the run, since a refusal is cheaper than what is measured.
 *
 * <p>Not thread-safe.
 */
final class ClosedLoop implements AutoCloseable {

    private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long LONGEST_SLEEP_MILLIS = 100;

    private final boolean sleeps;
    private final Selector selector;
    private final List<Connection> connections = new ArrayList<>();
    private final ByteBuffer received = ByteBuffer.allocateDirect(ResponseBuffer.LARGEST);

    private Requests requests;
    private int inFlight;
    private long answered;
    private long stopAt;
    private long mostRequests;

    ClosedLoop(InetSocketAddress server, List<byte[]> requests, int connections) throws IOException {
        this(server, new Requests(requests), connections, false);
    }

    /** @param sleeps leaves its core to others while it waits: for where another server on that core is part of what is measured */
    ClosedLoop(InetSocketAddress server, Requests requests, int connections, boolean sleeps) throws IOException {
        this.sleeps = sleeps;
        this.requests = requests;
        this.selector = Selector.open();
        for (int i = 0; i < connections; i++) {
            SocketChannel channel = SocketChannel.open(server);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            Connection connection = new Connection(channel);
            channel.register(selector, SelectionKey.OP_READ, connection);
            this.connections.add(connection);
        }
    }

    /** Sends these from now on, over the connections that it has. */
    void use(Requests others) {
        requests = others;
    }

    /**
     * Sends until {@code window} is over or {@code mostRequests} are on their way, then waits for the answers still due: what was counted
     * was served in full between call and return.
     */
    Served run(Duration window, long mostRequests) throws IOException {
        long start = System.nanoTime();
        this.stopAt = start + window.toNanos();
        this.mostRequests = mostRequests;
        this.answered = 0;
        for (Connection connection : connections) {
            inFlight++;
            send(connection);
        }
        long lastAnswered = 0;
        long lastProgress = start;
        while (inFlight > 0) {
            if (sleeps) {
                selector.select(this::read, LONGEST_SLEEP_MILLIS);
            } else {
                // Waking this thread up would be charged to the server, and cost it more than the request.
                selector.selectNow(this::read);
            }
            long now = System.nanoTime();
            if (answered != lastAnswered) {
                lastAnswered = answered;
                lastProgress = now;
            } else if (now - lastProgress > STALL_NANOS) {
                throw new IOException(inFlight + " answers have not come for " + Duration.ofNanos(STALL_NANOS));
            }
        }
        return new Served(answered, System.nanoTime() - start);
    }

    private void send(Connection connection) throws IOException {
        ByteBuffer request = requests.next();
        connection.channel.write(request);
        if (request.hasRemaining()) {
            throw new IOException("a request did not fit an empty socket buffer");
        }
    }

    private void read(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        try {
            received.clear();
            int count = connection.channel.read(received);
            if (count < 0) {
                throw new EOFException("the server closed a connection");
            }
            ResponseBuffer answer = connection.answer;
            answer.append(received.flip());
            if (!answer.isComplete()) {
                return;
            }
            if (answer.status() != 200) {
                throw new IOException("not the 200 that was expected:\n" + answer.text());
            }
            answer.clear();
            answered++;
            if (System.nanoTime() - stopAt < 0 && answered + inFlight <= mostRequests) {
                send(connection);
            } else {
                inFlight--;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.channel.close();
        }
        selector.close();
    }

    /** What is sent, one after the other, and from the first again. */
    static final class Requests {
        private final ByteBuffer bytes;
        private final int[] ends;
        private int next;

        Requests(List<byte[]> requests) {
            bytes = ByteBuffer.allocateDirect(
                    requests.stream().mapToInt(r -> r.length).sum());
            ends = new int[requests.size()];
            for (int i = 0; i < ends.length; i++) {
                ends[i] = bytes.put(requests.get(i)).position();
            }
        }

        private ByteBuffer next() {
            int request = next;
            next = request + 1 == ends.length ? 0 : request + 1;
            return bytes.limit(ends[request]).position(request == 0 ? 0 : ends[request - 1]);
        }
    }

    /**
     * @param requests answered, all with 200
     * @param nanos from the first request sent to the last answer read
     */
    record Served(long requests, long nanos) {}

    private static final class Connection {
        private final SocketChannel channel;
        private final ResponseBuffer answer = new ResponseBuffer();

        Connection(SocketChannel channel) {
            this.channel = channel;
        }
    }
}
