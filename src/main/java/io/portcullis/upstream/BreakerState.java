package io.portcullis.upstream;

/** Whether a service is asked. */
public enum BreakerState {
    /** It is. */
    CLOSED(0),
    /** One call at a time is let through, to see whether the service is back. */
    HALF_OPEN(1),
    /** It is not: calls fail at once. */
    OPEN(2);

    private final int gauge;

    BreakerState(int gauge) {
        this.gauge = gauge;
    }

    /** As the gauge shows it. */
    int gauge() {
        return gauge;
    }
}
