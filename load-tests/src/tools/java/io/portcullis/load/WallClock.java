package io.portcullis.load;

import java.time.Instant;

/** The machine's clock, which the database on the same machine reads too. */
final class WallClock {

    private WallClock() {}

    /** Since 1970. */
    static long micros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }
}
