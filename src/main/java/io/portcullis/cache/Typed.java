package io.portcullis.cache;

import io.vertx.redis.client.Response;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A command and what its answer means.
 *
 * @param reading of an answer that {@link RedisOperation#accepts} lets through; throws {@link RedisFailure.Garbled} if it means nothing
 */
record Typed<T extends @Nullable Object>(RedisCommand command, Function<@Nullable Response, T> reading) {}
