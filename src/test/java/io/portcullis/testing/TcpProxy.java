package io.portcullis.testing;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A way to a real server, on which things go wrong. "Near" is who connected to us, "far" the server; a chunk is what one read of a socket
 * gave, up to 64 KB.
 *
 * <p>The way is open, {@link #cut}, {@link #freeze frozen} or {@link #halfOpen half open}: the last call counts. It is moreover slow
 * ({@link #delay}) or noisy ({@link #corrupt}), alone or together with the former. {@link #heal} ends everything.
 *
 * <p>Each call returns when its fault is in force: what a peer sends afterwards meets it. Callable from any thread but an event loop.
 */
public final class TcpProxy implements AutoCloseable {
    private static final long LIMIT_SECONDS = 10;

    private enum Way {
        OPEN,
        CUT,
        FROZEN,
        HALF_OPEN
    }

    // One event loop for all connections. What follows it, up to the methods, belongs to that loop alone.
    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final String host;
    private final int port;
    private final NetClient client = vertx.createNetClient();
    private final NetServer server;
    private final Set<Link> links = new LinkedHashSet<>();
    private Way way = Way.OPEN;
    private long delayNanos;
    private double corruptRate;
    private long corruptSeed;
    private long corrupted;
    private long accepted;

    private TcpProxy(String host, int port) throws Exception {
        this.host = host;
        this.port = port;
        this.server = vertx.createNetServer()
                .connectHandler(this::accept)
                .listen(0, "127.0.0.1")
                .await(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    public static TcpProxy to(String host, int port) throws Exception {
        return new TcpProxy(host, port);
    }

    /** Where to connect to, on 127.0.0.1. */
    public int port() {
        return server.actualPort();
    }

    /** The server has gone: open connections end (FIN, both ways), what was under way is lost, new ones are ended at once. */
    public void cut() {
        onLoop(() -> {
            way = Way.CUT;
            List.copyOf(links).forEach(Link::breakNow);
        });
    }

    /**
     * The server hangs: connections stay, new ones are accepted (by its kernel, so to say: it does not hear of them), and nothing passes any
     * more, not even an end. Senders can write until the buffers of the kernel are full. No byte is lost as long as nobody calls
     * {@link #heal}, which breaks the connections; {@link #healQuietly} goes on with them.
     */
    public void freeze() {
        turn(Way.FROZEN);
    }

    /**
     * The far side, or the network before it, dies without a word: connections stay open, what the near side sends is taken and lost
     * (never a write that blocks, never a reset), nothing comes back, and new connections are accepted and treated the same. The server
     * for its part keeps its sessions and does not learn that the near side goes.
     */
    public void halfOpen() {
        turn(Way.HALF_OPEN);
    }

    /**
     * Each chunk, and the end of a connection, arrives that much later than it was sent, in order, in both directions: a round trip takes
     * twice as long. Opening a connection takes no longer. Milliseconds count.
     */
    public void delay(Duration each) {
        onLoop(() -> delayNanos = each.toNanos());
    }

    /**
     * Flips one bit in some chunks on their way from the server to the near side. Which ones, and which bit, follows from the seed, the
     * connection's number and the chunk's number and length: with the same chunks, the same bits.
     *
     * @param rate from 0 (no chunk) to 1 (each)
     */
    public void corrupt(double rate, long seed) {
        onLoop(() -> {
            corruptRate = rate;
            corruptSeed = seed;
            links.forEach(Link::seedNoise);
        });
    }

    /** How many chunks {@link #corrupt} has changed so far. */
    public long corrupted() {
        return fromLoop(() -> corrupted);
    }

    /** How many connections are open on the near side or the far one. */
    public int connections() {
        return fromLoop(links::size);
    }

    /** How many chunks it holds because of {@link #delay}: taken from their senders, and not passed on yet. */
    public int underWay() {
        return fromLoop(() -> links.stream()
                .mapToInt(link -> link.up.underWay.size() + link.down.underWay.size())
                .sum());
    }

    /** All faults end. Connections that were frozen or half open break; those that were only slow or noisy go on. */
    public void heal() {
        onLoop(() -> {
            boolean broken = way == Way.FROZEN || way == Way.HALF_OPEN;
            openAll();
            List.copyOf(links).forEach(broken ? Link::breakNow : Link::flow);
        });
    }

    /** All faults end, and frozen connections go on with all their bytes, in order. One that lost bytes (was half open) breaks. */
    public void healQuietly() {
        onLoop(() -> {
            openAll();
            List.copyOf(links).forEach(Link::flow);
        });
    }

    /** Ends every connection and frees the port and the thread. Returns when that is done. */
    @Override
    public void close() {
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    private void turn(Way next) {
        onLoop(() -> {
            way = next;
            List.copyOf(links).forEach(Link::flow);
        });
    }

    private void openAll() {
        way = Way.OPEN;
        delayNanos = 0;
        corruptRate = 0;
    }

    private void onLoop(Runnable change) {
        fromLoop(() -> {
            change.run();
            return true;
        });
    }

    private <T> T fromLoop(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        vertx.runOnContext(ignored -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    }

    private void accept(NetSocket near) {
        if (way == Way.CUT) {
            near.close();
            return;
        }
        Link link = new Link(near, ++accepted);
        links.add(link);
        link.begin();
    }

    /** One connection: both its sockets, and what is under way between them. */
    private final class Link {
        private final NetSocket near;
        private final long number;
        private final Lane up = new Lane(this);
        private final Lane down = new Lane(this);
        private @Nullable NetSocket far;
        private boolean dialled;
        private boolean lossy;
        private boolean broken;
        private SplittableRandom noise = new SplittableRandom();

        Link(NetSocket near, long number) {
            this.near = near;
            this.number = number;
        }

        void begin() {
            seedNoise();
            down.to = near;
            near.pause();
            near.handler(up::take);
            near.closeHandler(ended -> up.end());
            if (way == Way.HALF_OPEN || way == Way.FROZEN) {
                flow();
            } else {
                dial();
            }
        }

        private void dial() {
            dialled = true;
            client.connect(port, host).onSuccess(this::attach).onFailure(refused -> {
                if (!lossy) {
                    breakNow();
                }
            });
        }

        void seedNoise() {
            // SplittableRandom mixes its seed: neighbours do not resemble each other.
            noise = new SplittableRandom(corruptSeed ^ (number << 32));
        }

        /** Makes the sockets do what the way wants now. */
        void flow() {
            switch (way) {
                case CUT -> breakNow();
                case FROZEN -> pause();
                case HALF_OPEN -> {
                    lossy = true;
                    up.drop();
                    down.drop();
                    pause();
                    near.resume();
                }
                case OPEN -> {
                    if (lossy) {
                        breakNow();
                    } else if (!dialled) {
                        dial();
                    } else if (far != null) {
                        up.deliver();
                        down.deliver();
                        near.resume();
                        far.resume();
                    }
                }
            }
        }

        void breakNow() {
            broken = true;
            links.remove(this);
            up.drop();
            down.drop();
            near.close();
            if (far != null) {
                far.close();
            }
        }

        private void attach(NetSocket socket) {
            if (broken) {
                socket.close();
                return;
            }
            far = socket;
            up.to = socket;
            socket.pause();
            socket.handler(chunk -> down.take(noisy(chunk)));
            socket.closeHandler(ended -> down.end());
            flow();
        }

        private void pause() {
            near.pause();
            if (far != null) {
                far.pause();
            }
        }

        private Buffer noisy(Buffer chunk) {
            if (corruptRate <= 0 || noise.nextDouble() >= corruptRate) {
                return chunk;
            }
            corrupted++;
            Buffer changed = chunk.copy();
            int bit = noise.nextInt(changed.length() * 8);
            changed.setByte(bit / 8, (byte) (changed.getByte(bit / 8) ^ (1 << bit % 8)));
            return changed;
        }
    }

    /** One direction of a connection: what is under way, in order. */
    private final class Lane {
        private final Link link;
        private final Deque<Chunk> underWay = new ArrayDeque<>();
        private @Nullable NetSocket to;
        private boolean timed;

        Lane(Link link) {
            this.link = link;
        }

        void take(Buffer bytes) {
            add(new Chunk(bytes, System.nanoTime() + delayNanos));
        }

        void end() {
            add(new Chunk(null, System.nanoTime() + delayNanos));
        }

        void drop() {
            underWay.clear();
        }

        void deliver() {
            while (way == Way.OPEN && to != null && !underWay.isEmpty()) {
                long early = delayNanos == 0 ? 0 : underWay.element().due - System.nanoTime();
                if (early > 0) {
                    wake(early);
                    return;
                }
                Buffer bytes = underWay.remove().bytes;
                if (bytes == null) {
                    link.breakNow();
                } else {
                    to.write(bytes);
                }
            }
        }

        private void add(Chunk chunk) {
            if (!link.broken && !link.lossy) {
                underWay.add(chunk);
                deliver();
            }
        }

        private void wake(long nanos) {
            if (!timed) {
                timed = true;
                vertx.setTimer(TimeUnit.NANOSECONDS.toMillis(nanos) + 1, fired -> {
                    timed = false;
                    deliver();
                });
            }
        }
    }

    /** @param bytes null for the end of the connection */
    private record Chunk(@Nullable Buffer bytes, long due) {}
}
