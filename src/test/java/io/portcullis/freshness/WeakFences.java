package io.portcullis.freshness;

/** Fences with one guard switched off: a test of what the guard is for must fail with them. */
public final class WeakFences extends Fences {

    /** A guard of the acceptance rule. */
    public enum Guard {
        FENCE,
        FLOOR,
        EPOCH,
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
    boolean isAboveFloor(long asOf) {
        return missing == Guard.FLOOR || super.isAboveFloor(asOf);
    }

    @Override
    boolean isBeyond(@org.jspecify.annotations.Nullable Fence fence, long version) {
        return missing == Guard.FENCE || super.isBeyond(fence, version);
    }
}
