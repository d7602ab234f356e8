package io.portcullis.cache;

import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import org.jspecify.annotations.Nullable;

/** What is asked of Redis, as metrics name it, and what it may answer. */
public enum RedisOperation {
    GET(true),
    SET(false),
    SET_IF_ABSENT(false),
    DELETE(false),
    EXISTS(true),
    REFRESH_TTL(false),
    SCAN(true),
    SIZE(true),
    /** Not repeatable: the answer belongs to the server that was asked, which the next connection may not lead to. */
    TIME(false),
    INFO(true),
    SCRIPT(false),
    /** By a script that answers with whole numbers. */
    SCRIPT_NUMBERS(false),
    MULTI(false),
    /** A command between MULTI and EXEC. */
    QUEUE(false),
    EXEC(false),
    ASKING(false),
    ROLE(false),
    /** Who is master, asked of a Sentinel. */
    MASTER(false),
    /** Who has which slots, asked of a node of a cluster. */
    SLOTS(false),
    PING(false),
    /** A consumer group is made. */
    STREAM_GROUP(false),
    /** New entries, for one consumer of a group. */
    STREAM_READ(false),
    STREAM_PENDING(true),
    STREAM_CLAIM(false),
    STREAM_ACK(false),
    STREAM_ADD(false),
    STREAM_RANGE(true),
    STREAM_DELETE(false),
    STREAM_LENGTH(true),
    /** Where a consumer group stands, by a script. */
    STREAM_STANDING(false);

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
            case SET, MULTI, ASKING, STREAM_GROUP -> isStatus(reply, "OK");
            case SET_IF_ABSENT -> reply == null || isStatus(reply, "OK");
            case DELETE, EXISTS, REFRESH_TTL, SIZE, STREAM_ACK, STREAM_DELETE, STREAM_LENGTH -> isNumber(reply);
            case SCAN -> reply != null && isArray(reply, 2) && isArray(reply.get(1), 0);
            case TIME -> isArray(reply, 2);
            case INFO -> reply != null && reply.type() == ResponseType.BULK;
            case SCRIPT -> reply == null || isNumber(reply);
            case SCRIPT_NUMBERS -> areNumbers(reply);
            case QUEUE -> isStatus(reply, "QUEUED");
            case EXEC -> reply == null || isArray(reply, 0);
            case ROLE -> isArray(reply, 1);
            case MASTER -> reply == null || isArray(reply, 2);
            case SLOTS -> isArray(reply, 0);
            case PING -> isStatus(reply, "PONG");
            case STREAM_READ -> StreamReplies.isOneStream(reply);
            case STREAM_PENDING -> StreamReplies.arePending(reply);
            case STREAM_CLAIM, STREAM_RANGE -> StreamReplies.areEntries(reply);
            case STREAM_ADD -> StreamReplies.isId(reply);
            case STREAM_STANDING -> reply == null || StreamReplies.isStanding(reply);
        };
    }

    private static boolean areNumbers(@Nullable Response reply) {
        if (reply == null || reply.type() != ResponseType.MULTI) {
            return false;
        }
        for (int i = 0; i < reply.size(); i++) {
            if (!isNumber(reply.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isNumber(@Nullable Response reply) {
        return reply != null && reply.type() == ResponseType.NUMBER;
    }

    /** Of so many elements at least. */
    private static boolean isArray(@Nullable Response reply, int elements) {
        return reply != null && reply.type() == ResponseType.MULTI && reply.size() >= elements;
    }

    private static boolean isStatus(@Nullable Response reply, String text) {
        return reply != null
                && reply.type() == ResponseType.SIMPLE
                && reply.toString().equals(text);
    }
}
