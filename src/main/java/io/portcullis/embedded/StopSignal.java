package io.portcullis.embedded;

/** What tells a server to end in good order: PostgreSQL's fast shutdown is INT, and TERM would wait for its clients to leave. */
enum StopSignal {
    INT,
    TERM
}
