package io.portcullis.ratelimit;

import java.util.concurrent.atomic.AtomicLong;

/** Ids of leases and charges: this process's, and a number. Thread-safe. */
final class Ids {

    private final String node;
    private final AtomicLong last = new AtomicLong();

    /** @param node another one for each process, without colons */
    Ids(String node) {
        this.node = node;
    }

    String next() {
        return node + ":" + last.incrementAndGet();
    }

    String node() {
        return node;
    }
}
