package io.portcullis.cache;

import io.vertx.core.Promise;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import org.jspecify.annotations.Nullable;

/** One command on its way: who waits for it and until when. Belongs to one event loop. */
final class PendingCommand {

    final RedisOperation operation;
    final Request request;
    /** When its connection has owed the answer for too long ({@link System#nanoTime()}). */
    final long lastLimit;

    private final Promise<@Nullable Response> answer;
    private long limit;
    private boolean abandoned;
    private int losses;
    private long sentAt;
    private @Nullable Response reply;
    private @Nullable RedisFailure refusal;

    /**
     * @param limit when the caller gives up, on the clock of {@link System#nanoTime()}
     * @param lastLimit when the connection is given up; no earlier than {@code limit}
     */
    PendingCommand(
            RedisOperation operation, Request request, Promise<@Nullable Response> answer, long limit, long lastLimit) {
        this.operation = operation;
        this.request = request;
        this.answer = answer;
        this.limit = limit;
        this.lastLimit = lastLimit;
    }

    /** The next moment at which somebody must look at this command. */
    long limit() {
        return limit;
    }

    long sentAt() {
        return sentAt;
    }

    void sent(long now) {
        sentAt = now;
    }

    /** The caller waits no more, but the answer may still come. */
    void abandon() {
        abandoned = true;
        limit = lastLimit;
        answer.tryFail(new RedisFailure.TimedOut());
    }

    boolean abandoned() {
        return abandoned;
    }

    void fail(RedisFailure failure) {
        answer.tryFail(failure);
    }

    /** Keeps what has come until {@link #deliver()}. */
    PendingCommand arrived(@Nullable Response itsReply, @Nullable RedisFailure itsRefusal) {
        reply = itsReply;
        refusal = itsRefusal;
        return this;
    }

    void deliver() {
        if (refusal != null) {
            answer.tryFail(refusal);
        } else {
            answer.tryComplete(reply);
        }
    }

    /** Counts a connection lost under this command; false when it must not be sent again. */
    boolean mayRepeat(int maxRetries, long now) {
        return operation.repeatable() && !abandoned && ++losses <= maxRetries && limit - now > 0;
    }
}
