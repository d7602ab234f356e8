package io.portcullis.ratelimit;

/** How this process stands with Redis, as far as limits go. Written by the {@link LimitsVerticle}, read by every thread. */
final class Standing {

    /** Nothing was heard yet. */
    static final long NONE = 0;

    private volatile boolean away;
    private volatile int nodes = 1;
    private volatile long generation = NONE;

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

    void heard(long ofGeneration, boolean warming, int liveNodes) {
        // In this order: who sees that Redis is back sees whether it is another one.
        nodes = Math.max(1, liveNodes);
        generation = ofGeneration;
        away = warming;
    }
}
