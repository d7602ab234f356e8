package io.portcullis.ratelimit;

/**
 * What this node has admitted of one limit and Redis may have to be told: without Redis, or known to a Redis that is no more. Not thread-safe:
 * its limiter guards it.
 */
final class Admitted {

    // In this span, as long as the window, and in the one before: at least what any window has seen.
    private long spanBegan;
    private long inSpan;
    private long before;
    private boolean ever;
    /** Not told yet. */
    private long untold;

    /** @param number of those admitted then; negative where it was fewer than was said */
    void add(long number, long then, long windowNanos) {
        turn(then, windowNanos);
        inSpan = Math.max(0, inSpan + number);
    }

    void addWithoutRedis(long then, long windowNanos) {
        untold++;
        add(1, then, windowNanos);
    }

    /** The last one of those was none. */
    void notWithoutRedis() {
        untold = Math.max(0, untold - 1);
        inSpan = Math.max(0, inSpan - 1);
    }

    /** Redis has lost what it knew: it is to be told what was admitted lately. */
    void lost(long now, long windowNanos) {
        turn(now, windowNanos);
        untold = Math.max(untold, inSpan + before);
    }

    long untold() {
        return untold;
    }

    /** Was told; what came in between was not. */
    void told(long number) {
        untold = Math.max(0, untold - number);
    }

    /** It was not heard. */
    void notTold(long number) {
        untold += number;
    }

    private void turn(long now, long windowNanos) {
        if (!ever || now - spanBegan >= 2 * windowNanos) {
            before = 0;
            inSpan = 0;
            spanBegan = now;
            ever = true;
        } else if (now - spanBegan >= windowNanos) {
            before = inSpan;
            inSpan = 0;
            spanBegan += windowNanos;
        }
    }
}
