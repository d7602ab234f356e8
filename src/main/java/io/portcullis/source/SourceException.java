package io.portcullis.source;

/** Why nothing was written of what the source said. The message is for logs and operators. */
public abstract sealed class SourceException extends Exception {

    private SourceException(String message, Throwable cause) {
        super(message, cause, false, false);
    }

    /** The database refused the data themselves: one of them will never be written. */
    public static final class Refused extends SourceException {
        Refused(String reason, Throwable cause) {
            super(reason, cause);
        }
    }

    /** The database did not answer, or could not write now. Try again. */
    public static final class Unavailable extends SourceException {
        Unavailable(String reason, Throwable cause) {
            super(reason, cause);
        }
    }
}
