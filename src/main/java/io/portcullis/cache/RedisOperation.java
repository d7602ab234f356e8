package io.portcullis.cache;

import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import org.jspecify.annotations.Nullable;

/** What is asked of Redis, as metrics name it, and what it may answer. */
public enum RedisOperation {
    GET(true),
    SET(false),
    DELETE(false),
    TIME(true),
    PING(false);

    private final boolean repeatable;

    RedisOperation(boolean repeatable) {
        this.repeatable = repeatable;
    }

    /** Whether it may be sent again when it is not known if it took place: it changes nothing. */
    boolean repeatable() {
        return repeatable;
    }

    /** Whether such a reply (null is Redis' nil) can belong to this operation; if not, the answers of its connection are out of step. */
    boolean accepts(@Nullable Response reply) {
        return switch (this) {
            case GET -> reply == null || reply.type() == ResponseType.BULK;
            case SET -> isStatus(reply, "OK");
            case DELETE -> reply != null && reply.type() == ResponseType.NUMBER;
            case TIME -> reply != null && reply.type() == ResponseType.MULTI && reply.size() == 2;
            case PING -> isStatus(reply, "PONG");
        };
    }

    private static boolean isStatus(@Nullable Response reply, String text) {
        return reply != null
                && reply.type() == ResponseType.SIMPLE
                && reply.toString().equals(text);
    }
}
