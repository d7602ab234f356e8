package io.portcullis.source;

import io.vertx.pgclient.PgException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Why nothing was written of what the source said. The message is for logs and operators. */
public abstract sealed class SourceException extends Exception {

    private SourceException(String message, Throwable cause) {
        super(message, cause, false, false);
    }

    /**
     * Whether PostgreSQL refuses the data themselves (SQLSTATE class 22 or 23): it will refuse them again. All other errors may pass.
     *
     * @return why, without a value of theirs; null where it may be tried again
     */
    public static @Nullable String refusal(Throwable failure) {
        if (failure instanceof PgException pg
                && pg.getSqlState() != null
                && (pg.getSqlState().startsWith("22") || pg.getSqlState().startsWith("23"))) {
            return "the database refuses it: " + Objects.requireNonNullElse(pg.getConstraint(), pg.getSqlState());
        }
        return null;
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
