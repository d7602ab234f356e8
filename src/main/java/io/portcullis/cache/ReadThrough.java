package io.portcullis.cache;

import io.portcullis.bus.Deadline;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Read-through: who asks, asks the tier, and does not see its source. What the tier does not have, the source is asked for, and the tier is
 * filled behind the answer's back. A tier that fails is a miss; only the source's failure is one.
 *
 * <p>Belongs to its tier's event loop.
 */
public final class ReadThrough<K, V> {

    /** The tier gets one part in so many of the time that who asks has: one that hangs must leave the source its own. */
    private static final int SHARE = 4;

    /** A fill that takes longer than this is of no use to anybody. */
    private static final Duration FILL_LIMIT = Duration.ofSeconds(1);

    private final Tier<K, V> tier;
    private final Source<K, V> source;

    public ReadThrough(Tier<K, V> tier, Source<K, V> source) {
        this.tier = tier;
        this.source = source;
    }

    /** The value, of the tier or of the source. */
    public Future<V> get(K key, Deadline deadline) {
        Deadline share = deadline.atMost(Duration.ofMillis(deadline.remainingMillis() / SHARE));
        return tier.get(key, share)
                .transform(found -> found.succeeded() && found.result() != null
                        ? Future.succeededFuture(found.result())
                        : past(key, deadline));
    }

    /** The value of the source, past the tier and into it: for who was given something outdated. */
    public Future<V> past(K key, Deadline deadline) {
        return source.read(key, deadline).onSuccess(value -> tier.put(value, Deadline.in(FILL_LIMIT)));
    }

    /** Has the tier keep what the source has now. Fails where that is not certain. */
    public Future<Void> renew(K key, Deadline deadline) {
        return source.read(key, deadline)
                .compose(value -> tier.put(value, deadline).mapEmpty());
    }
}
