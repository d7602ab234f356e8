package io.portcullis.freshness;

/** How a process stands with the change log, from best to worst. */
public enum LeaseState {
    /** It decides by what it has. */
    HELD,
    /** It does not follow the log; what others put into Redis since they last did, counts. */
    SHARED,
    /** Nobody confirms anything; what it has serves for a while, marked. */
    GRACE,
    /** What it has serves nobody: every request is a question to PostgreSQL. */
    LOST
}
