package io.portcullis.sync;

import io.vertx.pgclient.PgException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Errors of class 22 and 23 are about the data: the same data will never be written. All others may pass. */
final class DataFault {

    private DataFault() {}

    /** Why the database refuses it, without a value of it; null where it may be tried again. */
    static @Nullable String reason(Throwable failure) {
        if (failure instanceof PgException pg
                && pg.getSqlState() != null
                && (pg.getSqlState().startsWith("22") || pg.getSqlState().startsWith("23"))) {
            return "the database refuses it: " + Objects.requireNonNullElse(pg.getConstraint(), pg.getSqlState());
        }
        return null;
    }
}
