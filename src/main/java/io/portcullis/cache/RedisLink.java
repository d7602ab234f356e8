package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The way of one event loop to Redis, by one guarded connection to each server that it needs. Used on the event loop that opened it. */
public abstract sealed class RedisLink permits ServerLink, ClusterLink {

    RedisLink() {}

    /** Whether there is a connection now. From any thread. */
    public abstract boolean connected();

    /** Closes every connection; what waits fails. The link cannot be used again. From any thread. */
    public abstract Future<Void> close();

    /** Connections that are wanted and are not there. From any thread. */
    abstract int down();

    /** Connections on which an answer is awaited now, or on which none is. From any thread. */
    abstract int connections(boolean busy);

    /** Whether keys are spread over several servers, so that one command can name several keys only if they share a slot. */
    abstract boolean isCluster();

    /** A link to each server that has keys of its own; empty while they are not known. To be used now, not kept. */
    abstract List<RedisLink> masters();

    /**
     * Sends a command. The future fails with a {@link RedisFailure} only, and completes on the context that asked.
     *
     * @throws IllegalStateException on a thread that is not the link's event loop
     */
    abstract Future<@Nullable Response> send(RedisCommand command, Deadline deadline);

    /**
     * Sends commands one behind the other over one connection, with nothing between them, or none at all. In a cluster the first one's key
     * says where to; nobody is followed who sends us elsewhere.
     *
     * @throws IllegalStateException on a thread that is not the link's event loop
     */
    abstract List<Future<@Nullable Response>> sendTogether(List<RedisCommand> commands, Deadline deadline);
}
