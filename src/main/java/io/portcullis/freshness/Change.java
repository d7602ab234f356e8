package io.portcullis.freshness;

import io.portcullis.auth.KeyDigest;
import org.jspecify.annotations.Nullable;

/**
 * One row of the change log.
 *
 * @param id UUID of the record in canonical text; {@link #ALL} for every record of the kind
 * @param version nothing of this id below it holds any more; a deletion has one of its own
 * @param op what was done: I, U, D, or T for all at once
 * @param oldDigest what a key was found by before; null for a client and for a new key
 * @param newDigest what a key is found by from now on; null for a client and for a deleted key
 * @param oldOwner who has lost a client by it; null for nobody, and for a key
 * @param newOwner who has got one; null for nobody, and for a key
 */
public record Change(
        Kind kind,
        String id,
        long version,
        String op,
        @Nullable KeyDigest oldDigest,
        @Nullable KeyDigest newDigest,
        @Nullable String oldOwner,
        @Nullable String newOwner) {

    /** One that leaves every owner's clients as they are. */
    public Change(
            Kind kind,
            String id,
            long version,
            String op,
            @Nullable KeyDigest oldDigest,
            @Nullable KeyDigest newDigest) {
        this(kind, id, version, op, oldDigest, newDigest, null, null);
    }

    /** The id that stands for every record. */
    public static final String ALL = "*";

    /** What kind of record changed. */
    public enum Kind {
        CLIENT,
        KEY
    }

    /** Whether there was no record of this id before. */
    public boolean isOfNew() {
        return op.equals("I");
    }

    boolean isOfAll() {
        return id.equals(ALL);
    }
}
