package io.portcullis.cache;

import io.vertx.redis.client.Request;

/** What is sent, and to whom. */
final class RedisCommand {

    static final byte[] ANYWHERE = {};

    private final RedisOperation operation;
    private final Request request;
    private final byte[] key;

    /** @param key says, in a cluster, which node gets it: the one that has this key; empty where any node will do. Not copied */
    RedisCommand(RedisOperation operation, Request request, byte[] key) {
        this.operation = operation;
        this.request = request;
        this.key = key;
    }

    RedisOperation operation() {
        return operation;
    }

    Request request() {
        return request;
    }

    byte[] key() {
        return key;
    }

    boolean isForAnybody() {
        return key.length == 0;
    }
}
