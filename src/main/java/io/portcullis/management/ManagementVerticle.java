package io.portcullis.management;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.tracing.TracingPolicy;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the management port. */
public final class ManagementVerticle extends VerticleBase {

    private static final Logger log = LoggerFactory.getLogger(ManagementVerticle.class);

    /** What it serves. */
    public record Parts(
            String host,
            int port,
            @Nullable PemKeyCertOptions certificate,
            Access access,
            Operations operations,
            Barrier barrier,
            PrometheusMeterRegistry metrics,
            BooleanSupplier serving,
            List<HealthCheck> checks,
            List<Resource> resources,
            Function<HttpServerOptions, Handler<HttpConnection>> guard,
            IntConsumer listening) {

        /** Without the token. */
        @Override
        public String toString() {
            return "management at " + host + ":" + port;
        }
    }

    private final Parts parts;
    private final Readiness readiness;
    private @Nullable HttpServer server;

    /**
     * The management port.
     *
     * @param parts {@code certificate} is null for plain HTTP; {@code serving} is whether this node takes traffic at all: not while it starts or stops; {@code guard} is what each
     *     connection goes through before it is read; {@code resources} are what can be read beside the {@code operations};
     *     {@code listening} is told the port that was taken
     */
    public ManagementVerticle(Parts parts) {
        this.parts = parts;
        this.readiness = new Readiness(parts.checks());
    }

    @Override
    public Future<?> start() {
        HttpServerOptions options = new HttpServerOptions()
                .setHttp2ClearTextEnabled(false)
                // Probes and scrapes would be most of all traces.
                .setTracingPolicy(TracingPolicy.IGNORE)
                // Longer than anybody may wait for an answer.
                .setIdleTimeout(360)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
        PemKeyCertOptions certificate = parts.certificate();
        if (certificate != null) {
            options.setSsl(true)
                    .setUseAlpn(false)
                    .setKeyCertOptions(certificate)
                    .setEnabledSecureTransportProtocols(Set.of("TLSv1.3", "TLSv1.2"));
        }
        HttpServer http = vertx.createHttpServer(options)
                .connectionHandler(parts.guard().apply(options))
                .requestHandler(router());
        server = http;
        return http.listen(parts.port(), parts.host())
                .onSuccess(listening -> parts.listening().accept(listening.actualPort()));
    }

    @Override
    public Future<?> stop() {
        return server == null ? Future.succeededFuture() : server.shutdown(1, TimeUnit.SECONDS);
    }

    private Router router() {
        Router router = Router.router(vertx);
        read(router, "/metrics").handler(this::metrics);
        read(router, "/health/live")
                .handler(context -> Replies.json(context, 200, new JsonObject().put("status", "up")));
        read(router, "/health/ready").handler(this::ready);
        String contract = parts.operations().contract().text();
        read(router, "/openapi.yaml")
                .handler(context -> context.response()
                        .putHeader("Content-Type", "application/yaml")
                        .end(contract));
        Api api = new Api(parts.operations(), parts.access(), parts.barrier());
        api.mount(router);
        for (Resource resource : parts.resources()) {
            api.guarded(router, parts.operations().contract().reading("/admin/v1" + resource.path()))
                    .handler(context -> answer(context, resource));
        }
        parts.operations()
                .contract()
                .paths()
                .forEach((path, methods) -> Api.at(router, path).handler(context -> refuseMethod(context, methods)));
        router.route().handler(context -> Replies.problem(context, 404, 65019, "No such route"));
        // A path that cannot be decoded comes to no route at all.
        router.errorHandler(400, context -> Replies.problem(context, 400, 65008, "Invalid request"));
        router.route().failureHandler(context -> {
            if (context.statusCode() == 413) {
                Replies.problem(context, 413, 65008, "Invalid request", "a body has 1 MB at most");
            } else if (context.statusCode() >= 500 || context.statusCode() < 0) {
                log.error("event=management.failed path={}", context.normalizedPath(), context.failure());
                Replies.problem(context, 500, 65020, "Internal error");
            } else {
                Replies.problem(context, context.statusCode(), 65008, "Invalid request");
            }
        });
        return router;
    }

    /** RFC 9110 §15.5.6. What is in the contract and not on this node is left to be no route. */
    private static void refuseMethod(RoutingContext context, Set<String> methods) {
        if (methods.contains(context.request().method().name())) {
            context.next();
            return;
        }
        context.response().putHeader("Allow", String.join(", ", methods));
        Replies.problem(context, 405, 65008, "Invalid request", "here are " + methods);
    }

    private static Route read(Router router, String path) {
        return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
    }

    /** Off the event loop: a scrape walks every meter. */
    private void metrics(RoutingContext context) {
        vertx.executeBlocking(parts.metrics()::scrape)
                .onSuccess(text -> context.response()
                        .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                        .end(text))
                .onFailure(context::fail);
    }

    private void ready(RoutingContext context) {
        if (!parts.serving().getAsBoolean()) {
            Replies.json(
                    context,
                    503,
                    new JsonObject().put("status", "down").put("detail", "this node is starting or stopping"));
            return;
        }
        readiness
                .ask()
                .onSuccess(report -> Replies.json(context, report.ready() ? 200 : 503, report.body()))
                .onFailure(context::fail);
    }

    private static void answer(RoutingContext context, Resource resource) {
        Map<String, String> given = new HashMap<>();
        for (Map.Entry<String, String> parameter : context.queryParams()) {
            String fault = !resource.parameters().contains(parameter.getKey())
                    ? "there is no parameter of this name here; there are " + new TreeSet<>(resource.parameters())
                    : given.put(parameter.getKey(), parameter.getValue()) != null
                            ? "a parameter stands there twice"
                            : null;
            if (fault != null) {
                Replies.problem(context, Resource.Problem.badRequest(fault));
                return;
            }
        }
        resource.reading().read(given).onFailure(context::fail).onSuccess(answer -> {
            if (answer instanceof Resource.Body body) {
                Replies.json(context, 200, body.json());
            } else {
                Replies.problem(context, (Resource.Problem) answer);
            }
        });
    }
}
