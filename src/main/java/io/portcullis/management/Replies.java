package io.portcullis.management;

import io.portcullis.accounts.Refusal;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.UUID;
import java.util.regex.Pattern;

/** Writes answers of the management port: JSON, and problems (RFC 9457). */
final class Replies {

    private static final String ID = "portcullis.request-id";
    private static final Pattern SOUND_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    private Replies() {}

    /** The caller's own, where that is sound, or one of ours; the same for all of a request. */
    static String requestId(RoutingContext context) {
        String known = context.get(ID);
        if (known != null) {
            return known;
        }
        String given = context.request().getHeader("X-Request-Id");
        String id = given != null && SOUND_ID.matcher(given).matches()
                ? given
                : UUID.randomUUID().toString();
        context.put(ID, id);
        return id;
    }

    static void json(RoutingContext context, int status, JsonObject body) {
        context.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Request-Id", requestId(context))
                .end(body.encode());
    }

    static void problem(RoutingContext context, int status, int code, String title) {
        problem(context, status, code, title, "");
    }

    static void problem(RoutingContext context, int status, int code, String title, String detail) {
        problem(context, new Resource.Problem(status, code, title, detail, new JsonObject()));
    }

    static void problem(RoutingContext context, Refusal refusal) {
        Refusal.Reason reason = refusal.reason();
        problem(
                context,
                new Resource.Problem(
                        reason.status(), reason.code(), reason.title(), refusal.detail(), refusal.members()));
    }

    static void problem(RoutingContext context, Resource.Problem problem) {
        JsonObject body = new JsonObject()
                .put("type", "urn:portcullis:problem:" + problem.code())
                .put("title", problem.title())
                .put("status", problem.status())
                .put("code", problem.code());
        if (!problem.detail().isEmpty()) {
            body.put("detail", problem.detail());
        }
        body.put("requestId", requestId(context)).mergeIn(problem.members());
        if (problem.status() == 503) {
            context.response().putHeader("Retry-After", "1");
        }
        context.response()
                .setStatusCode(problem.status())
                .putHeader("Content-Type", "application/problem+json")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Request-Id", requestId(context))
                .end(body.encode());
    }
}
