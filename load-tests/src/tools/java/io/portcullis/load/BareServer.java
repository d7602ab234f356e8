package io.portcullis.load;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.portcullis.ingress.IngressVerticle;
import io.portcullis.ingress.OpenConnections;
import io.portcullis.ingress.RequestDecoderGuard;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the gateway is measured against: Vert.x with the gateway's own listener options and guards, on one event loop, that answers every
 * {@code GET /auth} with an answer the gateway gave, header by header through the same response API, and decides nothing.
 *
 * <p>Arguments: the port, and the file with the head of that answer.
 */
public final class BareServer extends VerticleBase {

    private static final CharSequence CONTENT_LENGTH = HttpHeaders.createOptimized("content-length");

    private final int port;
    private final CharSequence[] names;
    private final String[] values;

    private BareServer(int port, Response response) {
        this.port = port;
        // Content-Length is Vert.x's own to write, as it is in the gateway.
        var headers = response.headers().stream()
                .filter(header -> !header.getKey().equalsIgnoreCase(CONTENT_LENGTH.toString()))
                .toList();
        this.names = headers.stream()
                .map(Map.Entry::getKey)
                .map(HttpHeaders::createOptimized)
                .toArray(CharSequence[]::new);
        // Text, not bytes prepared for the wire: who calls differs from request to request, whatever server answers.
        this.values = headers.stream().map(Map.Entry::getValue).toArray(String[]::new);
    }

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        Response response = Response.parse(Files.readString(Path.of(args[1])));
        if (response.bodyLength() != 0) {
            throw new IOException("the answer to repeat has a body, which this server does not know how to write");
        }
        Vertx vertx =
                Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
        if (!vertx.isNativeTransportEnabled()) {
            System.err.println("native transport: off, as it will be in the gateway on this platform");
        }
        vertx.deployVerticle(new BareServer(port, response), new DeploymentOptions())
                .await(10, TimeUnit.SECONDS);
    }

    @Override
    public Future<?> start() {
        HttpServerOptions options = IngressVerticle.options(new IngressVerticle.Listener(
                "127.0.0.1", port, Duration.ofSeconds(75), Duration.ofSeconds(10), 16 << 10, 8 << 10));
        RequestDecoderGuard guard = new RequestDecoderGuard(
                options, vertx, Duration.ofSeconds(10), new OpenConnections("data", 0, new SimpleMeterRegistry()));
        return vertx.createHttpServer(options)
                .connectionHandler(guard::protect)
                .requestHandler(this::answer)
                .listen(port, "127.0.0.1");
    }

    private void answer(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        if (!"/auth".equals(request.path())) {
            response.setStatusCode(404).end();
            return;
        }
        MultiMap headers = response.headers();
        for (int i = 0; i < names.length; i++) {
            headers.add(names[i], values[i]);
        }
        response.end();
    }
}
