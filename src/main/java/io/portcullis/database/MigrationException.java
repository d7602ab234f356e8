package io.portcullis.database;

import java.io.Serial;

/** A migration could not be applied or taken back. The database is as it was before that migration. The message names the script. */
public final class MigrationException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    MigrationException(String message) {
        super(message);
    }

    MigrationException(String message, Throwable cause) {
        super(message, cause);
    }
}
