package io.portcullis.cache;

import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** All links of the process to Redis: hands one to each verticle instance, {@code pool-size} at most. Thread-safe. */
public final class RedisLinks {

    /** Who wants to stop waits for so long. */
    private static final long MOST_BLOCK_MILLIS = 1_000;

    private final RedisSettings settings;
    private final RedisMeters meters;
    private final @Nullable RedisLink[] links;

    public RedisLinks(RedisSettings settings, RedisMeters meters) {
        this.settings = settings;
        this.meters = meters;
        this.links = new RedisLink[settings.poolSize()];
    }

    /**
     * Opens a link for the event loop of the calling context and gives it the lowest free index; closing the link frees that. Returns at
     * once: whether Redis is there shows in what the link answers.
     *
     * @throws IllegalStateException when every link of {@code pool-size} is taken, or not on an event loop
     */
    public RedisLink open(Vertx vertx) {
        return open(vertx, Duration.ofMillis(Backoff.MAX_MILLIS));
    }

    /**
     * The same, for who wants it back sooner.
     *
     * @param longestBackoff between two attempts to connect
     */
    public RedisLink open(Vertx vertx, Duration longestBackoff) {
        ContextInternal context = ((VertxInternal) vertx).getOrCreateContext();
        if (!context.isEventLoopContext() || !context.inThread()) {
            throw new IllegalStateException("A Redis link is opened on the event loop that will use it");
        }
        synchronized (links) {
            int index = firstFree();
            RedisLink link = link(index, context.unwrap(), longestBackoff);
            links[index] = link;
            return link;
        }
    }

    /**
     * The longest that a command may have Redis wait for something: the answer must come well within {@code command-timeout}, after which
     * the peer would be taken for dead. At least 1 ms.
     */
    public Duration longestBlock() {
        long half = settings.commandTimeout().toMillis() / 2;
        return Duration.ofMillis(Math.max(1, Math.min(half, MOST_BLOCK_MILLIS)));
    }

    /** Whether keys are spread over several servers: then what is to take place at once must be of one slot. */
    public boolean isCluster() {
        return settings.servers() instanceof RedisTopology.Cluster;
    }

    private RedisLink link(int index, ContextInternal context, Duration longestBackoff) {
        Backoff backoff = new Backoff(new SplittableRandom(), longestBackoff.toMillis());
        Runnable onClose = () -> free(index);
        RedisTopology servers = settings.servers();
        if (servers instanceof RedisTopology.Cluster cluster) {
            return new ClusterLink(index, context, settings, meters, backoff, cluster, onClose);
        }
        Dialler dialler = servers instanceof RedisTopology.Sentinel sentinel
                ? new MasterDialler(context, settings, sentinel)
                : new RedisDialler(context, settings).to(((RedisTopology.Standalone) servers).server());
        return new ServerLink(index, context, settings, meters, backoff, dialler, index < settings.minIdle(), onClose);
    }

    private int firstFree() {
        for (int i = 0; i < links.length; i++) {
            if (links[i] == null) {
                return i;
            }
        }
        throw new IllegalStateException("redis.pool-size is " + links.length
                + ", but one more link is asked for: raise it, or lower the instances that use Redis in deployment");
    }

    private void free(int index) {
        synchronized (links) {
            links[index] = null;
        }
    }

    /** Connections on which an answer is waited for. */
    public int active() {
        return sum(link -> link.connections(true));
    }

    /** Connections on which nothing is asked at the moment. */
    public int idle() {
        return sum(link -> link.connections(false));
    }

    /** Connections that are wanted and cannot be had. */
    public int down() {
        return sum(RedisLink::down);
    }

    private int sum(ToIntFunction<RedisLink> figure) {
        int sum = 0;
        synchronized (links) {
            for (RedisLink link : links) {
                sum += link == null ? 0 : figure.applyAsInt(link);
            }
        }
        return sum;
    }
}
