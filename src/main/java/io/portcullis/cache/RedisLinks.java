package io.portcullis.cache;

import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** All links of the process to one Redis server: hands one to each verticle instance, {@code pool-size} at most. Thread-safe. */
public final class RedisLinks {

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
        ContextInternal context = ((VertxInternal) vertx).getOrCreateContext();
        if (!context.isEventLoopContext() || !context.inThread()) {
            throw new IllegalStateException("A Redis link is opened on the event loop that will use it");
        }
        synchronized (links) {
            int index = firstFree();
            RedisLink link = new RedisLink(
                    index, context.unwrap(), settings, meters, new Backoff(new SplittableRandom()), () -> free(index));
            links[index] = link;
            return link;
        }
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

    /** Links that have a connection and wait for an answer on it. */
    public int active() {
        return count(true);
    }

    /** Links that have a connection on which nothing is asked at the moment. */
    public int idle() {
        return count(false);
    }

    /** Links that try to connect and cannot. */
    public int down() {
        int count = 0;
        synchronized (links) {
            for (RedisLink link : links) {
                if (link != null && link.down()) {
                    count++;
                }
            }
        }
        return count;
    }

    private int count(boolean busy) {
        int count = 0;
        synchronized (links) {
            for (RedisLink link : links) {
                if (link != null && link.connected() && link.busy() == busy) {
                    count++;
                }
            }
        }
        return count;
    }
}
