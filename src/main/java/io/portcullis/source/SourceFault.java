package io.portcullis.source;

/** What the source said is no client's record. The message says why, and quotes no value. */
public final class SourceFault extends Exception {

    SourceFault(String reason) {
        super(reason, null, false, false);
    }

    /** For people: one line, no value of the record in it. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
