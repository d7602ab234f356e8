package io.portcullis.ratelimit;

import java.util.concurrent.TimeUnit;

/** How this process stands with Redis, as far as limits go. Written by the {@link LimitsVerticle}, read by every thread. */
final class Standing {

    /** Nothing was heard yet. */
    static final long NONE = 0;

    /** As long as Redis remembers a node that it does not hear. */
    private static final long NODE_NANOS = TimeUnit.MILLISECONDS.toNanos(LimitStore.NODE_MILLIS);

    private volatile boolean away;
    private volatile int nodes = 1;
    private volatile long generation = NONE;
    private long fewerSince;

    /** Redis cannot be asked, or knows too little to answer. */
    boolean away() {
        return away;
    }

    /** Redis is away, or has not been heard yet. A node that has not heard it asks: it does not know how large its share is. */
    boolean isDegraded() {
        return away || generation == NONE;
    }

    /** Nodes that keep limits in the same Redis, as last heard. */
    int nodes() {
        return nodes;
    }

    long generation() {
        return generation;
    }

    void gone() {
        away = true;
    }

    /**
     * Redis has answered. It knows too few nodes where it is new, or was away: those that it has not heard yet, but the first takes itself
     * for the only one. So fewer are believed only when it has said so for as long as it remembers a node.
     */
    void heard(long ofGeneration, boolean warming, int liveNodes, long now) {
        if (away || warming || liveNodes >= nodes) {
            fewerSince = now;
        }
        // In this order: who sees that Redis is back sees whether it is another one.
        if (liveNodes >= nodes || now - fewerSince >= NODE_NANOS) {
            nodes = Math.max(1, liveNodes);
        }
        generation = ofGeneration;
        away = warming;
    }
}
