package io.portcullis.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A way to a server on which every byte takes some time longer. With one statement at a time on each of a few connections, that is a
 * database that can answer so many a second and no more, and it costs next to no processor, of which a small machine has too little to find
 * out anything else.
 */
final class SlowWay implements AutoCloseable {

    private final ServerSocket listener = new ServerSocket(0, 200, InetAddress.getByName("127.0.0.1"));
    private final InetSocketAddress server;
    private final long delayNanos;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    /** @param delayNanos in each direction */
    SlowWay(InetSocketAddress server, long delayNanos) throws IOException {
        this.server = server;
        this.delayNanos = delayNanos;
        start("slow-way", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** @param due when it may arrive; no bytes for the end */
    private record Chunk(byte[] bytes, long due) {}

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket near = listener.accept();
                Socket far = new Socket();
                sockets.add(near);
                sockets.add(far);
                far.connect(server, 5_000);
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                join(near, far);
                join(far, near);
            } catch (IOException e) {
                // Closed, or one connection that could not be made: who asked for it sees that.
            }
        }
    }

    private void join(Socket from, Socket to) {
        BlockingQueue<Chunk> underWay = new LinkedBlockingQueue<>();
        start("slow-way-in", () -> read(from, underWay));
        start("slow-way-out", () -> write(to, underWay));
    }

    private void read(Socket from, BlockingQueue<Chunk> underWay) {
        byte[] buffer = new byte[64 * 1024];
        try (InputStream in = from.getInputStream()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                underWay.add(new Chunk(Arrays.copyOf(buffer, count), System.nanoTime() + delayNanos));
            }
        } catch (IOException e) {
            // The end, as any other.
        }
        underWay.add(new Chunk(new byte[0], System.nanoTime() + delayNanos));
    }

    private static void write(Socket to, BlockingQueue<Chunk> underWay) {
        try (OutputStream out = to.getOutputStream()) {
            for (Chunk next = underWay.take(); next.bytes().length > 0; next = underWay.take()) {
                for (long wait = next.due() - System.nanoTime(); wait > 0; wait = next.due() - System.nanoTime()) {
                    LockSupport.parkNanos(wait);
                }
                out.write(next.bytes());
            }
        } catch (IOException e) {
            // The end, as any other.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
