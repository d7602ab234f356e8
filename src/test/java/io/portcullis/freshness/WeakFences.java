package io.portcullis.freshness;

/** Fences with one guard switched off: a test of what the guard is for must fail with them. */
public final class WeakFences extends Fences {

    /** A guard of the acceptance rule. */
    public enum Guard {
        FENCE,
        FLOOR,
        EPOCH,
        /** That a record which was admitted is looked at again after a change. */
        COUNT,
        /** None is missing. */
        NONE
    }

    private final Guard missing;

    public WeakFences(Guard missing, String epoch, long floor) {
        super(epoch, floor);
        this.missing = missing;
    }

    @Override
    public boolean isEpoch(String other) {
        return missing == Guard.EPOCH || super.isEpoch(other);
    }

    @Override
    void counted() {
        if (missing != Guard.COUNT) {
            super.counted();
        }
    }

    @Override
    boolean isAboveFloor(long asOf) {
        return missing == Guard.FLOOR || super.isAboveFloor(asOf);
    }

    @Override
    boolean isBeyond(@org.jspecify.annotations.Nullable Fence fence, long version) {
        return missing == Guard.FENCE || super.isBeyond(fence, version);
    }
}
