package io.portcullis.freshness;

/**
 * A point in the change log: who has seen {@code seq} has seen all before it, within one epoch. Positions of different epochs do not
 * compare.
 *
 * @param epoch PostgreSQL's system identifier, its timeline and the counter that is raised after a restore
 * @param seq follows commit order; 0 is before the first change
 */
public record Position(String epoch, long seq) {

    /** Before the database was asked. */
    static final Position UNKNOWN = new Position("", 0);

    /** Whether history ran backwards between that position, which was applied here, and this one, which was read later. */
    public boolean isBehind(Position applied) {
        return epoch.equals(applied.epoch()) && seq < applied.seq();
    }
}
