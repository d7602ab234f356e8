package io.portcullis.load;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The User Service, as far as the gateway asks it for users: any id is an active user, in whatever state the service is. */
final class UserSource implements AutoCloseable {

    /** How it is. */
    enum State {
        WELL("well"),
        /** Answers later than anybody waits. */
        SLOW("slow"),
        /** Every other answer is a 500. */
        HALF("failing by half"),
        /** Nobody listens. */
        DOWN("down"),
        /** By turns another user, half a document, and ten million bytes. */
        LYING("lying");

        private final String title;

        State(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    private static final int MOST_AT_ONCE = 64;
    private static final long LATE_MILLIS = 2_000;
    private static final int LARGE = 10_000_000;
    private static final byte[] BLANKS = " ".repeat(10_000).getBytes(StandardCharsets.UTF_8);

    private final ExecutorService threads = Executors.newFixedThreadPool(MOST_AT_ONCE, work -> {
        Thread thread = new Thread(work, "user-source");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicLong asked = new AtomicLong();
    private final int port;
    private HttpServer server;
    private volatile State state = State.WELL;

    UserSource() throws IOException {
        server = open(0);
        port = server.getAddress().getPort();
    }

    private HttpServer open(int at) throws IOException {
        HttpServer opened = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
        opened.createContext("/users/", this::answer);
        opened.setExecutor(threads);
        opened.start();
        return opened;
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    /** Requests so far. */
    long asked() {
        return asked.get();
    }

    /** From now on. */
    void be(State next) throws IOException {
        if (state != State.DOWN && next == State.DOWN) {
            server.stop(0);
        } else if (state == State.DOWN && next != State.DOWN) {
            server = open(port);
        }
        state = next;
    }

    private void answer(HttpExchange exchange) throws IOException {
        long number = asked.incrementAndGet();
        String id = exchange.getRequestURI().getPath().substring("/users/".length());
        switch (state) {
            case SLOW -> {
                try {
                    TimeUnit.MILLISECONDS.sleep(LATE_MILLIS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                send(exchange, 200, user(id));
            }
            case HALF -> send(exchange, number % 2 == 0 ? 500 : 200, user(id));
            case LYING -> lie(exchange, id, (int) (number % 3));
            default -> send(exchange, 200, user(id));
        }
    }

    private static void lie(HttpExchange exchange, String id, int turn) throws IOException {
        if (turn < 2) {
            send(exchange, 200, turn == 0 ? user("somebody-else") : Arrays.copyOf(user(id), 20));
            return;
        }
        exchange.sendResponseHeaders(200, LARGE);
        try (OutputStream out = exchange.getResponseBody()) {
            for (int sent = 0; sent < LARGE; sent += BLANKS.length) {
                out.write(BLANKS);
            }
        }
    }

    private static byte[] user(String id) {
        return ("{\"id\":\"" + id
                        + "\",\"email\":\"a@example.org\",\"firstName\":\"A\",\"lastName\":\"B\",\"roles\":[],\"isActive\":true}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
