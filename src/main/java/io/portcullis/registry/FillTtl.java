package io.portcullis.registry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long a record stays in Redis: up to a tenth shorter than it may, so that what was filled together does not expire together. */
record FillTtl(Duration most) {

    long millis() {
        long millis = most.toMillis();
        return Math.max(1, millis - ThreadLocalRandom.current().nextLong(millis / 10 + 1));
    }
}
