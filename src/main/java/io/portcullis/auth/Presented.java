package io.portcullis.auth;

/** What a request shows of credentials: one of them, or why there is none to look up. */
public sealed interface Presented permits Credential, Presented.Nothing {

    /** Not one usable credential. */
    enum Nothing implements Presented {
        /** None that an enabled scheme knows. */
        MISSING,
        /** Two at once. */
        AMBIGUOUS,
        /** One that cannot be right, whatever the registry holds. */
        MALFORMED
    }
}
