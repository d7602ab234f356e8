package io.portcullis.ingress;

/** Hears how long requests took, from the head's arrival to the answer's departure; of those that wait for another tier from then on. Quick, thread-safe. */
@FunctionalInterface
public interface RequestTimes {

    /** @param requests for how many it stands: itself, and those beside it that were not timed */
    void took(long nanos, int requests);
}
