package io.portcullis.cache;

import io.vertx.redis.client.Request;

/**
 * What is sent, and to whom.
 *
 * @param key says, in a cluster, which node gets it: the one that has this key; empty where any node will do
 */
record RedisCommand(RedisOperation operation, Request request, byte[] key) {

    static final byte[] ANYWHERE = {};

    boolean isForAnybody() {
        return key.length == 0;
    }
}
