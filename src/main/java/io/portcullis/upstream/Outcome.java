package io.portcullis.upstream;

import java.util.Locale;

/** How an attempt at a service ended. */
public enum Outcome {
    /** An answer that is of use; also that there is no such thing, where that was asked. */
    OK,
    /** A 4xx that nothing is made of. */
    CLIENT_ERROR,
    /** A 5xx. */
    SERVER_ERROR,
    /** Neither the service's limit nor the caller's deadline saw an answer. */
    TIMEOUT,
    /** Refused, lost, closed before the answer was complete. */
    CONNECTION,
    /** A redirect, no JSON, JSON of another shape, more bytes than allowed. */
    MALFORMED,
    /** Not asked: the breaker is open, or too many wait. */
    REJECTED;

    /** As metrics have it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
