package io.portcullis.freshness;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The epoch this process last saw PostgreSQL in. A shared cache may hold what was read in another one, from a database that was since
 * restored or failed over: that does not count. Before PostgreSQL was asked once, nothing counts.
 *
 * <p>Thread-safe; one for the process.
 */
public final class EpochWatch {

    private final AtomicReference<@Nullable String> current = new AtomicReference<>();

    public void saw(Position position) {
        if (!position.epoch().equals(current.getPlain())) {
            current.set(position.epoch());
        }
    }

    public boolean isCurrent(Position position) {
        return position.epoch().equals(current.get());
    }
}
