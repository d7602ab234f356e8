package io.portcullis.testing;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A service that does not exist yet, on loopback, with {@link Faults} to order: by method, or by {@code PUT /faults} and
 * {@code DELETE /faults}. {@code GET /requests} says how many came, by path. Paths are served as they are and below {@code /api/v1}. These
 * three need no token and befall no fault.
 */
public abstract class StandInServer implements AutoCloseable {

    private static final String BASE = "/api/v1";
    private static final int MOST_PATHS = 10_000;
    private static final int CHUNK = 16 * 1024;

    private final Vertx vertx = Vertx.vertx(
            new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1).setInternalBlockingPoolSize(1));
    private final @Nullable String token;
    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();
    private final AtomicLong total = new AtomicLong();
    private final AtomicLong abandoned = new AtomicLong();
    private final AtomicLong oversizeSent = new AtomicLong();
    private volatile @Nullable Faults faults;
    private volatile long faultsSince;
    private volatile @Nullable HttpServer server;

    /** @param token that every request must bear; null where none needs to */
    StandInServer(@Nullable String token) {
        this.token = token;
    }

    /**
     * Answers a GET.
     *
     * @param path below the base
     * @param wrongId answer with another thing than the one asked for
     */
    abstract void answer(HttpServerRequest request, String path, boolean wrongId);

    /** Returns when it listens. @param port 0 for a free one */
    void listen(int port) {
        try {
            server = vertx.createHttpServer(
                            new HttpServerOptions().setHost("127.0.0.1").setPort(port))
                    .requestHandler(this::handle)
                    .listen()
                    .await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("no stand-in on port " + port, e);
        }
    }

    public int port() {
        HttpServer listening = server;
        if (listening == null) {
            throw new IllegalStateException("does not listen");
        }
        return listening.actualPort();
    }

    /** Base URL of its API. */
    public String url() {
        return "http://127.0.0.1:" + port() + BASE;
    }

    /** From now on, counted from the next request. The words are those of {@link Faults}: {@code "fail_every", 2, "status", 500}. */
    public void fail(Object... words) {
        JsonObject json = new JsonObject();
        for (int i = 0; i < words.length; i += 2) {
            json.put((String) words[i], words[i + 1]);
        }
        order(Faults.of(json));
    }

    /** No faults any more; what hangs goes on hanging. */
    public void heal() {
        faults = null;
    }

    /** Requests so far, those without a token included. */
    public long requests() {
        return total.get();
    }

    /** Requests so far for the path as it was sent, without query. */
    public long requests(String path) {
        LongAdder count = requests.get(path);
        return count == null ? 0 : count.sum();
    }

    /** Requests whose connection the caller closed before they were answered. */
    public long abandoned() {
        return abandoned.get();
    }

    /** Bytes of oversized answers that have been given to the network so far. */
    public long oversizeSent() {
        return oversizeSent.get();
    }

    @Override
    public void close() {
        vertx.close().await();
    }

    private void order(Faults ordered) {
        faultsSince = total.get();
        faults = ordered;
    }

    private void handle(HttpServerRequest request) {
        String path = request.path();
        if (path.equals("/faults")) {
            control(request);
            return;
        }
        if (path.equals("/requests")) {
            send(request, 200, counts().encode());
            return;
        }
        long number = total.incrementAndGet();
        if (requests.containsKey(path) || requests.size() < MOST_PATHS) {
            requests.computeIfAbsent(path, any -> new LongAdder()).increment();
        }
        HttpServerResponse response = request.response();
        response.closeHandler(closed -> {
            if (!response.ended()) {
                abandoned.incrementAndGet();
            }
        });
        if (token != null && !("Bearer " + token).equals(request.getHeader(HttpHeaders.AUTHORIZATION))) {
            send(request, 401, "{\"error\":\"unauthorized\"}");
            return;
        }
        Faults ordered = faults;
        Faults fault = ordered != null && (number - faultsSince) % ordered.failEvery() == 0 ? ordered : null;
        if (fault != null && fault.delayMillis() > 0) {
            vertx.setTimer(fault.delayMillis(), id -> answer(request, path, fault));
        } else {
            answer(request, path, fault);
        }
    }

    private void answer(HttpServerRequest request, String path, @Nullable Faults fault) {
        HttpServerResponse response = request.response();
        if (response.closed()) {
            return;
        }
        if (fault == null) {
            route(request, path, false);
        } else if (fault.hang()) {
            return;
        } else if (fault.close()) {
            request.connection().close();
        } else if (fault.status() > 0) {
            send(request, fault.status(), "{\"error\":\"ordered\"}");
        } else if (fault.redirect() != null) {
            response.putHeader(HttpHeaders.LOCATION, fault.redirect());
            send(request, 302, "");
        } else if (fault.body() != null) {
            send(request, 200, fault.body());
        } else if (fault.malformed()) {
            send(request, 200, "{\"items\": [{\"client_id\": \"");
        } else if (fault.truncated()) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, "1000");
            response.write("{\"items\": [")
                    .onComplete(written -> request.connection().close());
        } else if (fault.oversizeBytes() > 0) {
            response.setChunked(true);
            response.write("{\"items\":[],\"padding\":\"");
            pad(response, fault.oversizeBytes());
        } else {
            route(request, path, fault.wrongId());
        }
    }

    /** No faster than the other side takes it. */
    private void pad(HttpServerResponse response, long left) {
        if (response.closed()) {
            return;
        }
        if (left <= 0) {
            response.end("\"}");
            return;
        }
        response.write(Buffer.buffer("x".repeat(CHUNK))).onSuccess(written -> {
            oversizeSent.addAndGet(CHUNK);
            pad(response, left - CHUNK);
        });
    }

    private void route(HttpServerRequest request, String path, boolean wrongId) {
        if (!request.method().equals(HttpMethod.GET)) {
            send(request, 405, "{\"error\":\"method not allowed\"}");
            return;
        }
        String below = path.startsWith(BASE + "/") ? path.substring(BASE.length()) : path;
        if (below.equals("/health")) {
            send(request, 200, "{\"status\":\"UP\"}");
        } else {
            answer(request, below, wrongId);
        }
    }

    /** What comes after the beginning, decoded. */
    static String segment(String path, String beginning) {
        return URLDecoder.decode(path.substring(beginning.length()).replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    static void notFound(HttpServerRequest request) {
        send(request, 404, "{\"error\":\"not found\"}");
    }

    static void send(HttpServerRequest request, int status, String json) {
        request.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(json);
    }

    private void control(HttpServerRequest request) {
        if (request.method().equals(HttpMethod.PUT)) {
            request.body().onSuccess(body -> {
                try {
                    order(Faults.of(body.toJsonObject()));
                    send(request, 200, body.toString());
                } catch (RuntimeException e) {
                    send(
                            request,
                            400,
                            new JsonObject().put("error", e.getMessage()).encode());
                }
            });
        } else if (request.method().equals(HttpMethod.DELETE)) {
            heal();
            send(request, 200, "{}");
        } else {
            send(request, 405, "{\"error\":\"PUT or DELETE\"}");
        }
    }

    private JsonObject counts() {
        Map<String, Object> byPath = new TreeMap<>();
        requests.forEach((path, count) -> byPath.put(path, count.sum()));
        return new JsonObject()
                .put("total", total.get())
                .put("abandoned", abandoned.get())
                .put("by_path", new JsonObject(byPath));
    }
}
