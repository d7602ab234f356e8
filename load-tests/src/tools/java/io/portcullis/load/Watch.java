package io.portcullis.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Asks one node about one key, again and again, from before its revocation until a while after the first refusal. */
final class Watch implements Callable<Watch.Seen> {

    /** As fine as the lag is told. */
    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

    /**
     * All watches together ask no more often than this, so that watching is not the load: the longer writes take, the more are watched, and
     * the machine would never again be quick. What is asked less often is seen later, never earlier.
     */
    private static final long EVERY_NANOS_TOGETHER = TimeUnit.MICROSECONDS.toNanos(500);

    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long WRITE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int ASKED_AFTERWARDS = 10;
    private static final long AFTERWARDS_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int REFUSED = 401;

    private final BlockingQueue<KeepAlive> connections;
    private final byte[] request;
    private final Write write;
    private final AtomicInteger watching;

    /**
     * @param connections to the node; one is taken for the time of the watch
     * @param watching how many are at it, of all watches
     */
    Watch(BlockingQueue<KeepAlive> connections, byte[] request, Write write, AtomicInteger watching) {
        this.connections = connections;
        this.request = request;
        this.write = write;
        this.watching = watching;
    }

    /** The revocation that is waited for. */
    static final class Write {
        private volatile long returnedNanos;
        private volatile boolean returned;

        void returned() {
            returnedNanos = System.nanoTime();
            returned = true;
        }

        boolean isOver(long startNanos, long nowNanos) {
            return returned ? nowNanos - returnedNanos > LIMIT_NANOS : nowNanos - startNanos > WRITE_LIMIT_NANOS;
        }
    }

    /**
     * What the node answered. Times in microseconds since 1970.
     *
     * @param refusedMicros when the first refusal was received; 0 if none was in time
     * @param refusalMicros how long that answer took, from the sending of its request
     * @param allowedSentMicros when the requests were sent that it allowed
     * @param resurrections requests that it allowed though it had refused an earlier one
     * @param others answers that are neither
     */
    record Seen(long refusedMicros, long refusalMicros, List<Long> allowedSentMicros, int resurrections, int others) {

        boolean isRefused() {
            return refusedMicros != 0;
        }

        /** Requests sent later than that and allowed. */
        long allowedAfter(long micros) {
            return allowedSentMicros.stream().filter(sent -> sent > micros).count();
        }
    }

    @Override
    public Seen call() throws IOException, InterruptedException {
        KeepAlive connection = connections.poll(LIMIT_NANOS, TimeUnit.NANOSECONDS);
        if (connection == null) {
            throw new IOException("no connection is free to watch a key by");
        }
        watching.incrementAndGet();
        try {
            return watch(connection);
        } finally {
            watching.decrementAndGet();
            connections.add(connection);
        }
    }

    private Seen watch(KeepAlive connection) throws IOException {
        List<Long> allowed = new ArrayList<>();
        int others = 0;
        long refused = 0;
        long refusal = 0;
        long start = System.nanoTime();
        for (long due = start; refused == 0 && !write.isOver(start, due); due = next(due, pace(EVERY_NANOS))) {
            long sent = WallClock.micros();
            int status = connection.ask(request);
            if (status == REFUSED) {
                refused = WallClock.micros();
                refusal = refused - sent;
            } else if (status == 200) {
                allowed.add(sent);
            } else {
                others++;
            }
        }
        int resurrections = 0;
        long due = System.nanoTime();
        for (int i = 0; refused != 0 && i < ASKED_AFTERWARDS; i++) {
            due = next(due, pace(AFTERWARDS_EVERY_NANOS));
            int status = connection.ask(request);
            resurrections += status == 200 ? 1 : 0;
            others += status == 200 || status == REFUSED ? 0 : 1;
        }
        return new Seen(refused, refusal, allowed, resurrections, others);
    }

    private long pace(long every) {
        return Math.max(every, watching.get() * EVERY_NANOS_TOGETHER);
    }

    /** Waits for the next moment to ask; one that was missed is left out. */
    private static long next(long due, long every) {
        long next = Math.max(due + every, System.nanoTime());
        for (long wait = next - System.nanoTime(); wait > 0; wait = next - System.nanoTime()) {
            LockSupport.parkNanos(wait);
        }
        return next;
    }
}
