package io.portcullis.cache;

import io.portcullis.bus.Loop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Write-behind: what is written is merged in memory by key, and goes to where it belongs in batches, later. Whoever writes waits for nobody.
 *
 * <p>What may be lost: at {@code kill -9} at most what was put since the last completed {@link #flush} began, so the time between two flushes
 * and the duration of one; beyond so many keys, what is put for a new one, which is counted ({@link #dropped}). At a clean stop nothing, if
 * whoever stops flushes and that succeeds.
 *
 * <p>Each batch bears a number, one higher than the one before. A write that failed may have happened nevertheless: the same batch comes again
 * with the same number, before any other, until it has succeeded. A sink that keeps the highest number that it has written, in the same
 * transaction, so writes each batch once.
 *
 * <p>Thread-safe. The lock is held for a few assignments, and for so long as it takes to pick a batch.
 *
 * @param <K> what is merged
 * @param <V> immutable
 */
public final class WriteBehind<K, V> {

    /** Where it goes. */
    @FunctionalInterface
    public interface Sink<K, V> {

        /**
         * Writes a batch, which nobody changes. Whatever time this takes is the time that nothing else is written in: it has a limit.
         *
         * @param number of the batch; one that was seen before comes again since its write has failed
         */
        Future<?> write(long number, Map<K, V> batch);
    }

    private record Batch<K, V>(long number, Map<K, V> entries) {}

    private final int mostKeys;
    private final int batchSize;
    private final BinaryOperator<V> merge;
    private final Sink<K, V> sink;
    private final LongAdder dropped = new LongAdder();

    // Guarded by this.
    private Map<K, V> pending = new HashMap<>();
    /** Is being written, or has failed to be; null where neither. */
    private @Nullable Batch<K, V> unsettled;

    private @Nullable Future<Void> underWay;
    /** Of what the flush under way found pending: so many keys are in no batch yet. */
    private int left;

    /** Different keys, pending and unsettled. */
    private int keys;

    private long lastNumber;

    /**
     * Empty.
     *
     * @param mostKeys how many different keys it holds, those of an unfinished write included
     * @param batchSize how many of them are written at once
     * @param merge of what was put first and what was put later
     */
    public WriteBehind(int mostKeys, int batchSize, BinaryOperator<V> merge, Sink<K, V> sink) {
        this.mostKeys = mostKeys;
        this.batchSize = batchSize;
        this.merge = merge;
        this.sink = sink;
    }

    /** Is written at a later flush. Returns false where there is no room for another key: then it is dropped, and counted. */
    public boolean put(K key, V value) {
        synchronized (this) {
            V held = pending.get(key);
            if (held != null) {
                pending.put(key, merge.apply(held, value));
                return true;
            }
            boolean isNew = unsettled == null || !unsettled.entries().containsKey(key);
            if (!isNew || keys < mostKeys) {
                pending.put(key, value);
                keys += isNew ? 1 : 0;
                return true;
            }
        }
        dropped.increment();
        return false;
    }

    /**
     * Writes all that is held now, batch after batch. One flush is under way at a time: who asks meanwhile is told of that one.
     *
     * @return fails with the first write that fails; what that held, and what was not begun, is still held
     */
    public Future<Void> flush() {
        Promise<Void> done = Promise.promise();
        synchronized (this) {
            if (underWay != null) {
                return underWay;
            }
            if (keys == 0) {
                return Future.succeededFuture();
            }
            underWay = done.future();
            left = pending.size();
        }
        Loop.whileTrue(this::writeNext).onComplete(written -> {
            synchronized (this) {
                underWay = null;
            }
            done.handle(written);
        });
        return done.future();
    }

    /** Keys held now, for a gauge. */
    public synchronized int size() {
        return keys;
    }

    /** How often a value was dropped since its key was one too many, for a counter. */
    public long dropped() {
        return dropped.sum();
    }

    /** Whether to go on. */
    private Future<Boolean> writeNext() {
        Batch<K, V> batch = next();
        if (batch == null) {
            return Future.succeededFuture(false);
        }
        return sink.write(batch.number(), batch.entries()).map(written -> {
            settled();
            return true;
        });
    }

    /** The one that was not written, or as many keys as may be written at once; null where this flush has none left. */
    private synchronized @Nullable Batch<K, V> next() {
        if (unsettled == null && left > 0) {
            unsettled = new Batch<>(++lastNumber, take());
            left -= batchSize;
        }
        return unsettled;
    }

    private synchronized void settled() {
        unsettled = null;
        keys = pending.size();
    }

    private Map<K, V> take() {
        Map<K, V> taken = pending;
        if (taken.size() <= batchSize) {
            pending = new HashMap<>();
            return Collections.unmodifiableMap(taken);
        }
        taken = new HashMap<>();
        Iterator<Map.Entry<K, V>> entries = pending.entrySet().iterator();
        while (taken.size() < batchSize) {
            Map.Entry<K, V> entry = entries.next();
            taken.put(entry.getKey(), entry.getValue());
            entries.remove();
        }
        return Collections.unmodifiableMap(taken);
    }
}
