package io.portcullis.ingress;

/** Why we close a connection that its peer would have kept. */
enum Closing {
    /** There are as many as there may be. */
    LIMIT,
    /** A request head was not complete in time. */
    HEAD_TIMEOUT,
    /** The peer does not take the answers. */
    SLOW_READER,
    /** What was received is no request that we answer: where the next one begins is in doubt. */
    INVALID_REQUEST
}
