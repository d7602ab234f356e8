package io.portcullis.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The tier of a {@link CacheAside} in this process: values and when they were read. How old one may be is for its reader to say, so it may
 * still be here when it counts no more; only its weight bounds it. Thread-safe.
 */
public final class NearTier<K, V> {

    private final Cache<K, Held<V>> entries;

    /**
     * A value that is held here.
     *
     * @param <V> immutable
     */
    public static final class Held<V> {

        private final V value;
        private final long readNanos;
        private final boolean own;
        private volatile long retryNanos;
        private volatile boolean retried;

        /**
         * As it was read.
         *
         * @param readNanos when its source was asked for it, on the monotonic clock
         * @param own whether this process asked; else another one did, and when is as exact as the two's wall clocks agree
         */
        public Held(V value, long readNanos, boolean own) {
            this.value = value;
            this.readNanos = readNanos;
            this.own = own;
        }

        public V value() {
            return value;
        }

        public boolean own() {
            return own;
        }

        /** In nanoseconds. */
        public long age(long nowNanos) {
            return nowNanos - readNanos;
        }

        /** To read it again has failed; until then nobody need try. */
        public void retryFrom(long nanos) {
            retryNanos = nanos;
            retried = true;
        }

        /** Whether it is too early to try again. */
        public boolean isLeftAlone(long nowNanos) {
            return retried && nowNanos - retryNanos < 0;
        }
    }

    /**
     * Empty.
     *
     * @param mostWeight of all values together
     * @param weight of one, in bytes or whatever it is bounded by
     */
    public NearTier(long mostWeight, ToIntFunction<V> weight) {
        this.entries = Caffeine.newBuilder()
                .maximumWeight(mostWeight)
                .weigher((K key, Held<V> held) -> weight.applyAsInt(held.value()))
                // Not by the common pool: what is to go goes before the next one comes.
                .executor(Runnable::run)
                .build();
    }

    /** However old; null where there is none. */
    public @Nullable Held<V> get(K key) {
        return entries.getIfPresent(key);
    }

    /** Holds it, unless one that was read later is here already. */
    public void put(K key, Held<V> held) {
        entries.asMap().merge(key, held, (before, next) -> next.readNanos - before.readNanos >= 0 ? next : before);
    }
}
