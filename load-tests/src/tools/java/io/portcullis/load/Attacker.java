package io.portcullis.load;

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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Carries out an attack on a thread of its own, which sleeps when it has nothing to do: it must not take from the honest load beside it what
 * the gateway would have given it. A connection that the gateway closes is opened again, {@value #REOPENED_PER_SECOND} a second at most:
 * more would be a flood of connections, which is another attack. Its connections come from eight addresses of the loopback, since one has too few ports, and end with a reset, so
 * that none stays behind in TIME_WAIT.
 */
final class Attacker implements AutoCloseable {

    private static final int TICK_MILLIS = 10;
    private static final int OPENED_AT_ONCE = 50;
    private static final int REOPENED_PER_SECOND = 200;
    private static final int ADDRESSES = 8;
    private static final int SMALL_WINDOW = 4096;
    private static final Duration STAND_LIMIT = Duration.ofSeconds(20);

    private final Attack attack;
    private final InetSocketAddress gateway;
    private final int perSecond;
    private final Selector selector = Selector.open();
    private final ArrayDeque<Connection> free = new ArrayDeque<>();
    private final ByteBuffer received = ByteBuffer.allocateDirect(ResponseBuffer.LARGEST);
    private final Thread thread = new Thread(this::run, "attacker");
    private final List<Connection> all = new ArrayList<>();
    private volatile boolean over;
    private volatile int held;
    private volatile long opened;
    private volatile long answered;
    private volatile IOException failure;
    private long sent;

    /**
     * Begins at once.
     *
     * @param perSecond requests, for an attack that has any; what the gateway does not answer is not sent again
     */
    Attacker(Attack attack, InetSocketAddress gateway, int perSecond) throws IOException {
        this.attack = attack;
        this.gateway = gateway;
        this.perSecond = perSecond;
        thread.setDaemon(true);
        thread.start();
    }

    /** Waits until its connections are there, or have been there: a gateway may refuse to hold them. */
    void awaitStanding() throws IOException, InterruptedException {
        long end = System.nanoTime() + STAND_LIMIT.toNanos();
        while (opened < attack.connections()) {
            if (failure != null || System.nanoTime() - end > 0) {
                throw new IOException("only " + opened + " connections for " + attack.title(), failure);
            }
            TimeUnit.MILLISECONDS.sleep(TICK_MILLIS);
        }
    }

    /** Connections that the gateway holds now. */
    int held() {
        return held;
    }

    /** Connections so far, those that were opened again included. */
    long opened() {
        return opened;
    }

    /** Requests that have been answered, of an attack that waits for answers. */
    long answered() {
        return answered;
    }

    @Override
    public void close() throws IOException {
        over = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Connection connection : all) {
            connection.channel.close();
        }
        selector.close();
    }

    private void run() {
        try {
            long start = System.nanoTime();
            long dripAt = start;
            while (!over) {
                long now = System.nanoTime();
                open(now - start);
                if (attack.drip().length > 0 && now - dripAt >= 0) {
                    dripAt = now + TimeUnit.SECONDS.toNanos(1);
                    drip();
                }
                request(now - start);
                selector.select(this::ready, TICK_MILLIS);
            }
        } catch (IOException e) {
            failure = e;
        } catch (UncheckedIOException e) {
            failure = e.getCause();
        }
    }

    private void open(long sinceNanos) throws IOException {
        long most = attack.connections() + (long) (sinceNanos / 1e9 * REOPENED_PER_SECOND);
        for (int i = 0; i < OPENED_AT_ONCE && opened < most && all.size() < attack.connections(); i++) {
            SocketChannel channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            if (attack == Attack.SLOW_READ) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, SMALL_WINDOW);
            }
            channel.bind(new InetSocketAddress("127.0.0." + (2 + opened % ADDRESSES), 0));
            channel.configureBlocking(false);
            Connection connection = new Connection(channel, ByteBuffer.wrap(attack.opening(gateway)));
            channel.register(selector, SelectionKey.OP_CONNECT, connection);
            channel.connect(gateway);
            all.add(connection);
            opened++;
        }
        held = all.size();
    }

    private void drip() {
        for (Connection connection : List.copyOf(all)) {
            if (connection.channel.isConnected() && !connection.toSend.hasRemaining()) {
                connection.toSend = ByteBuffer.wrap(attack.drip());
                write(connection);
            }
        }
    }

    private void request(long sinceNanos) {
        long due = (long) (sinceNanos / 1e9 * perSecond);
        while (attack.lookUps() > 0 && sent < due) {
            Connection connection = free.poll();
            if (connection == null) {
                // Not made up for later: the rate is a rate.
                sent = due;
                return;
            }
            sent++;
            connection.toSend = ByteBuffer.wrap(attack.request(gateway));
            write(connection);
        }
    }

    private void ready(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        try {
            if (key.isConnectable()) {
                connection.channel.finishConnect();
                // Who never reads does not even look.
                key.interestOps(attack == Attack.SLOW_READ ? 0 : SelectionKey.OP_READ);
                write(connection);
                if (attack.lookUps() > 0) {
                    free.add(connection);
                }
            } else if (key.isReadable()) {
                read(connection);
            }
        } catch (IOException e) {
            gone(connection);
        }
    }

    private void read(Connection connection) throws IOException {
        received.clear();
        if (connection.channel.read(received) < 0) {
            gone(connection);
            return;
        }
        if (attack.lookUps() > 0) {
            connection.answer.append(received.flip());
            if (connection.answer.isComplete()) {
                connection.answer.clear();
                answered++;
                free.add(connection);
            }
        }
    }

    private void write(Connection connection) {
        try {
            connection.channel.write(connection.toSend);
        } catch (IOException e) {
            gone(connection);
        }
    }

    private void gone(Connection connection) {
        free.remove(connection);
        all.remove(connection);
        try {
            connection.channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Connection {
        private final SocketChannel channel;
        private final ResponseBuffer answer = new ResponseBuffer();
        private ByteBuffer toSend;

        Connection(SocketChannel channel, ByteBuffer toSend) {
            this.channel = channel;
            this.toSend = toSend;
        }
    }
}
