package io.portcullis.cache;

import io.vertx.core.Promise;

/** One command on its way: who waits for it and until when. Belongs to one event loop. */
final class Command {

    final RedisOperation operation;
    final RequestWriter writer;
    final Promise<Reply> answer;
    /** When its connection has owed the answer for too long ({@link System#nanoTime()}). */
    final long lastLimit;

    private long limit;
    private boolean abandoned;
    private int losses;
    private long sentAt;

    /**
     * @param limit when the caller gives up, on the clock of {@link System#nanoTime()}
     * @param lastLimit when the connection is given up; no earlier than {@code limit}
     */
    Command(RedisOperation operation, RequestWriter writer, Promise<Reply> answer, long limit, long lastLimit) {
        this.operation = operation;
        this.writer = writer;
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

    /** The caller waits no more, but the answer may still come: whoever is next in line must not get it. */
    void abandon() {
        abandoned = true;
        limit = lastLimit;
        answer.tryFail(new RedisFailure.TimedOut());
    }

    boolean abandoned() {
        return abandoned;
    }

    void fail(RedisFailure failure) {
        if (!abandoned) {
            answer.tryFail(failure);
        }
    }

    /** Counts a connection lost under this command; false when it must not be sent again. */
    boolean mayRepeat(int maxRetries, long now) {
        return operation.repeatable() && !abandoned && ++losses <= maxRetries && limit - now > 0;
    }
}
