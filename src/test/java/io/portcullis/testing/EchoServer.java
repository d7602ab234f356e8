package io.portcullis.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Sends back what it gets: the plainest server there is, with sockets and threads. */
final class EchoServer implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CompletableFuture<Void> accepting;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    EchoServer() throws IOException {
        accepting = CompletableFuture.runAsync(this::accept, threads);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Connections that the server believes to be open. */
    int connections() {
        return open.size();
    }

    /** Returns when the port is refused and every connection is closed. */
    @Override
    public void close() throws IOException {
        listener.close();
        // Java keeps the port until the thread that waits at it has left, and that one may take a last connection.
        accepting.orTimeout(10, TimeUnit.SECONDS).join();
        for (Socket socket : open) {
            socket.close();
        }
        threads.shutdown();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                open.add(socket);
                threads.execute(() -> echo(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void echo(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] bytes = new byte[8192];
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                out.write(bytes, 0, n);
            }
        } catch (IOException broken) {
            // As connections end that are cut.
        } finally {
            open.remove(socket);
        }
    }
}
