package io.portcullis.events;

import io.portcullis.cache.StreamEntry;
import java.util.List;

/** How many entries are asked for at a time, so that they hardly make more than 8 MB together: one cannot ask Redis for bytes. */
final class BatchSize {

    static final int FIRST = 16;
    static final long BYTES = 8 * 1024 * 1024;

    private final int most;
    private int next;

    BatchSize(int most) {
        this.most = most;
        this.next = Math.min(FIRST, most);
    }

    int next() {
        return next;
    }

    /** These came: so large, on the average, the next ones will be, too. */
    void came(List<StreamEntry> entries) {
        if (entries.isEmpty()) {
            return;
        }
        long bytes = entries.stream().mapToLong(StreamEntry::bytes).sum();
        long fitting = Math.max(1, BYTES * entries.size() / Math.max(1, bytes));
        next = (int) Math.min(Math.min(most, fitting), (long) next * 2);
    }
}
