package io.portcullis.freshness;

import io.portcullis.bus.BusEvent;
import java.util.List;

/**
 * Changes that this process has applied: fences stand, near entries are gone. Told to whoever keeps something derived from the records.
 *
 * @param several in no particular order
 */
public record Changes(List<Change> several) {

    /** Published before the position is, once for each page of the log. */
    public static final BusEvent<Changes> APPLIED = BusEvent.of("registry.changed");
}
