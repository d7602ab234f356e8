package io.portcullis.management;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;

/**
 * Something that administrators read: {@code GET /admin/v1/…}.
 *
 * @param path behind {@code /admin/v1}, beginning with a slash
 * @param parameters names that may stand in the query, once each
 * @param reading called on the management verticle's event loop
 */
public record Resource(String path, Set<String> parameters, Reading reading) {

    /** Reads. The parameters are given by name, those that were sent. */
    @FunctionalInterface
    public interface Reading {
        Future<Answer> read(Map<String, String> parameters);
    }

    /** What is answered: a body, or what stands against it. */
    public sealed interface Answer {}

    /** 200. */
    public record Body(JsonObject json) implements Answer {}

    /**
     * A problem (RFC 9457).
     *
     * @param code the stable code
     * @param members beside the usual ones
     */
    public record Problem(int status, int code, String title, String detail, JsonObject members) implements Answer {

        /** 400: the question itself is wrong. */
        public static Problem badRequest(String detail) {
            return new Problem(400, 65008, "Invalid request", detail, new JsonObject());
        }
    }
}
