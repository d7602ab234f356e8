package io.portcullis.management;

import io.portcullis.accounts.AccountsException;
import io.portcullis.accounts.Answered;
import io.portcullis.accounts.Asked;
import io.portcullis.accounts.Principal;
import io.portcullis.accounts.Reply;
import io.portcullis.bus.Deadline;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything of the contract that has a handler: who may, what is asked, what is answered. One place for all operations, so that none of
 * them can leave a check out.
 */
final class Api {

    private static final Logger log = LoggerFactory.getLogger(Api.class);

    private static final long MOST_BODY = 1024 * 1024;
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration WAIT = Duration.ofSeconds(10);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);
    private static final String PRINCIPAL = "portcullis.principal";
    private static final Pattern NAMED = Pattern.compile("\\{([a-z_]+)}");

    private final Operations operations;
    private final Access access;
    private final Barrier barrier;

    Api(Operations operations, Access access, Barrier barrier) {
        this.operations = operations;
        this.access = access;
        this.barrier = barrier;
    }

    void mount(Router router) {
        BodyHandler bodies = BodyHandler.create(false).setBodyLimit(MOST_BODY);
        operations.handlings().forEach((id, handling) -> {
            Contract.Operation operation = operations.contract().operation(id);
            Parameters parameters = new Parameters(operation.parameters());
            guarded(router, operation)
                    .handler(bodies)
                    .handler(context -> call(context, operation, parameters, handling));
        });
        operations.streamings().forEach((id, streaming) -> {
            Contract.Operation operation = operations.contract().operation(id);
            Parameters parameters = new Parameters(operation.parameters());
            guarded(router, operation).handler(context -> stream(context, operation, parameters, streaming));
        });
    }

    /** A route that only those come to who may call the operation. */
    Route guarded(Router router, Contract.Operation operation) {
        route(router, operation).handler(context -> admit(context, operation));
        return route(router, operation);
    }

    private static Route route(Router router, Contract.Operation operation) {
        Route route = at(router, operation.path()).method(HttpMethod.valueOf(operation.method()));
        return operation.method().equals("GET") ? route.method(HttpMethod.HEAD) : route;
    }

    /** A route of that path of the contract, whatever the method. */
    static Route at(Router router, String path) {
        return router.routeWithRegex(regex(path));
    }

    private static String regex(String path) {
        // Literals are quoted: a colon means itself. Groups cannot have an underscore in their names.
        return NAMED.matcher("\\Q" + path + "\\E")
                .replaceAll(
                        name -> Matcher.quoteReplacement("\\E(?<" + Parameters.group(name.group(1)) + ">[^/]+)\\Q"));
    }

    private void admit(RoutingContext context, Contract.Operation operation) {
        HttpServerRequest request = context.request();
        request.pause();
        access.of(request.getHeader("Authorization"))
                .onComplete(
                        principal -> {
                            if (principal == null) {
                                context.response()
                                        .putHeader("WWW-Authenticate", "Bearer realm=\"portcullis-management\"");
                                refuse(context, 401, 65001, "Invalid credentials", "");
                            } else if (!principal.role().includes(Objects.requireNonNull(operation.least()))) {
                                refuse(
                                        context,
                                        403,
                                        65007,
                                        "Insufficient scope",
                                        "this is for role " + operation.least().text());
                            } else if (operation.allTenants() && principal.tenant() != null) {
                                refuse(
                                        context,
                                        403,
                                        65007,
                                        "Insufficient scope",
                                        "this is not for tokens that are bound to a tenant");
                            } else {
                                context.put(PRINCIPAL, principal);
                                if (!operation.streams()) {
                                    request.resume();
                                }
                                context.next();
                            }
                        },
                        failure -> fail(context, operation, failure));
    }

    /** The body is not wanted any more; what is of it yet is read and dropped, or the connection could not be used again. */
    private static void refuse(RoutingContext context, int status, int code, String title, String detail) {
        Replies.problem(context, status, code, title, detail);
        context.request().resume();
    }

    private void stream(
            RoutingContext context,
            Contract.Operation operation,
            Parameters parameters,
            Operations.Streaming streaming) {
        Parameters.Read read = parameters.read(context);
        String fault = read.fault() != null ? read.fault() : mediaTypeFault(context, operation);
        if (fault != null) {
            refuse(context, 400, 65008, "Invalid request", fault);
            return;
        }
        streaming.handle(new Call(asked(context, read, null), read.values(), new JsonObject()), context);
    }

    private void call(
            RoutingContext context, Contract.Operation operation, Parameters parameters, Operations.Handling handling) {
        Parameters.Read read = parameters.read(context);
        Buffer bytes = context.body().buffer();
        boolean sent = bytes != null && bytes.length() > 0;
        String fault = read.fault();
        if (fault == null && sent) {
            fault = operation.body() == null ? "there is no body here" : mediaTypeFault(context, operation);
        }
        JsonObject body = new JsonObject();
        if (fault == null && operation.body() != null) {
            if (sent) {
                try {
                    body = new JsonObject(bytes);
                    fault = Faults.of(body, operation.body().validator());
                } catch (DecodeException | ClassCastException e) {
                    fault = "the body is not a JSON object";
                }
            } else if (operation.body().required()) {
                fault = "the body is missing";
            }
        }
        Duration wait = null;
        if (fault == null && read.values().get("wait") != null) {
            String timeout = (String) read.values().get("timeout");
            wait = timeout == null ? WAIT : Times.duration(timeout);
            fault = wait.compareTo(LONGEST_WAIT) > 0 ? "timeout is 5m at most" : null;
        }
        if (fault != null) {
            Replies.problem(context, 400, 65008, "Invalid request", fault);
            return;
        }
        Duration patience = wait;
        handling.handle(new Call(asked(context, read, bytes), read.values(), body))
                .onComplete(
                        answered -> answer(context, operation, answered, patience),
                        failure -> fail(context, operation, failure));
    }

    private static @Nullable String mediaTypeFault(RoutingContext context, Contract.Operation operation) {
        String given = context.request().getHeader("Content-Type");
        if (operation.body() == null || given == null) {
            return null;
        }
        String type = given.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        String wanted = operation.body().mediaType();
        return type.equals(wanted) || type.equals("application/json") ? null : "Content-Type is " + wanted;
    }

    private static Asked asked(RoutingContext context, Parameters.Read read, @Nullable Buffer body) {
        Principal principal = Objects.requireNonNull(context.get(PRINCIPAL));
        String key = (String) read.values().get("Idempotency-Key");
        Asked.Once once = key == null ? null : new Asked.Once(key, hash(context.request(), body));
        return new Asked(
                principal, (String) read.values().get("X-Actor"), Replies.requestId(context), once, Deadline.in(LIMIT));
    }

    private static String hash(HttpServerRequest request, @Nullable Buffer body) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((request.method() + " " + request.uri() + "\n").getBytes(StandardCharsets.UTF_8));
            if (body != null) {
                digest.update(body.getBytes());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private void answer(
            RoutingContext context, Contract.Operation operation, Answered answered, @Nullable Duration wait) {
        if (answered.replayed()) {
            context.response().putHeader("Idempotent-Replayed", "true");
        }
        if (answered.reply() instanceof Reply.Refused refused) {
            Replies.problem(context, refused.refusal());
            return;
        }
        Reply.Done done = (Reply.Done) answered.reply();
        if (done.location() != null) {
            context.response().putHeader("Location", "/admin/v1" + done.location());
        }
        if (done.version() != null) {
            context.response().putHeader("ETag", "\"" + done.version() + "\"");
        }
        int status = done.created() ? 201 : 200;
        if (operation.changes()) {
            done.body().put("seq", answered.seq());
        }
        if (wait == null || answered.seq() == null) {
            Replies.json(context, status, done.body());
            return;
        }
        // The change is made whatever comes of this.
        barrier.await(answered.seq(), wait)
                .otherwise(
                        failure -> new JsonObject().put("seq", answered.seq()).put("applied", false))
                .onSuccess(report -> Replies.json(context, status, done.body().put("barrier", report)));
    }

    private static void fail(RoutingContext context, Contract.Operation operation, Throwable failure) {
        if (failure instanceof AccountsException) {
            log.warn("event=management.unavailable operation={} reason=\"{}\"", operation.id(), failure.getMessage());
            refuse(context, 503, 65011, "Database error", "PostgreSQL does not answer");
        } else {
            context.request().resume();
            context.fail(failure);
        }
    }
}
