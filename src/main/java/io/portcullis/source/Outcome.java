package io.portcullis.source;

/** What became of something that the source said. */
public enum Outcome {
    /** It changed the client. */
    APPLIED,
    /** Nothing changed: newer things had been said of all its fields, or it is as it is. */
    OUTDATED,
    /** It would have raised a client that was lowered: that part of it was left, and is reported. Other fields were applied. */
    HELD,
    /** It was applied before. */
    DUPLICATE
}
