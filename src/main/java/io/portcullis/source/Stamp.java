package io.portcullis.source;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;

/**
 * When the source said something, in one total order over all that it says: by its version, where it counts any, then by its clock, then by
 * the event's id. "By version, else by time" would be no order where some events have a version and some have none: of three, each could be
 * after another. So what has no version is before all that has one.
 *
 * @param version as the source counts, from 1; 0 for none
 * @param occurredAtMicros microseconds since 1970, by the source's clock
 * @param id of the event
 */
public record Stamp(long version, long occurredAtMicros, String id) implements Comparable<Stamp> {

    private static final Comparator<Stamp> ORDER = Comparator.comparingLong(Stamp::version)
            .thenComparingLong(Stamp::occurredAtMicros)
            .thenComparing(Stamp::id);

    /** At that moment, cut to microseconds. */
    public static Stamp at(long version, Instant occurredAt, String id) {
        return new Stamp(
                version,
                Math.addExact(
                        Math.multiplyExact(occurredAt.getEpochSecond(), 1_000_000L), occurredAt.getNano() / 1_000),
                id);
    }

    /** By the source's clock. */
    Instant occurredAt() {
        return Instant.EPOCH.plus(occurredAtMicros, ChronoUnit.MICROS);
    }

    @Override
    public int compareTo(Stamp other) {
        return ORDER.compare(this, other);
    }
}
