package io.portcullis.upstream;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;

/**
 * A whole answer of 2xx or 4xx.
 *
 * @param body no longer than the service's settings allow
 */
record Answer(String service, int status, Buffer body) {

    /** What a request makes of its answer. A failure counts like one of the service's. */
    @FunctionalInterface
    interface Reading<T> {
        T of(Answer answer) throws UpstreamException;
    }

    boolean isNotFound() {
        return status == 404;
    }

    /** The body, which is to be a JSON object. What is wrong with it is not said: the parser's message quotes it. */
    JsonObject json() throws UpstreamException {
        requireSuccess();
        Object value;
        try {
            value = Json.decodeValue(body);
        } catch (DecodeException e) {
            throw malformed("no JSON");
        }
        if (value instanceof JsonObject object) {
            return object;
        }
        throw malformed("no JSON object");
    }

    void requireSuccess() throws UpstreamException {
        if (status >= 400) {
            throw UpstreamException.clientError(service, status);
        }
    }

    UpstreamException malformed(String what) {
        return UpstreamException.malformed(service, what);
    }
}
