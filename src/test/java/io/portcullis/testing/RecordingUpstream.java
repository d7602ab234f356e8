package io.portcullis.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind the proxy: it keeps what it gets, and answers {@code /own/<status>} with that status and a body of its own, all else
 * with 200 and the identity that it was told.
 */
public final class RecordingUpstream implements AutoCloseable {

    /** @param headers by name as it was received, up to case; their text has them all, as that of JDK 17's own class has not */
    public record Received(String method, String uri, Map<String, List<String>> headers, String body) {

        public Received {
            Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            copy.putAll(headers);
            headers = copy;
        }

        /** The one value; null where there is none or it is empty, which says the same. */
        public @Nullable String header(String name) {
            List<String> values = headers.getOrDefault(name, List.of());
            if (values.size() > 1) {
                throw new AssertionError(name + " came " + values.size() + " times: " + values);
            }
            return values.isEmpty() || values.get(0).isEmpty() ? null : values.get(0);
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ConcurrentLinkedQueue<Received> received = new ConcurrentLinkedQueue<>();

    public RecordingUpstream() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Takes out what has been received so far, in the order of arrival. */
    public List<Received> take() {
        List<Received> taken = List.copyOf(received);
        received.removeAll(taken);
        return taken;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
            Received request = new Received(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    exchange.getRequestHeaders(),
                    body);
            received.add(request);
            String path = exchange.getRequestURI().getPath();
            int status = path.startsWith("/own/") ? Integer.parseInt(path.substring(5)) : 200;
            String text = status == 200
                    ? "caller=" + request.header("X-Client-Id") + " path=" + path
                    : String.format(Locale.ROOT, "the upstream's own %d", status);
            exchange.getResponseHeaders().add("X-Upstream", "yes");
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
