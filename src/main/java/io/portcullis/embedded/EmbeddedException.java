package io.portcullis.embedded;

import org.jspecify.annotations.Nullable;

/** The embedded servers could not be started. The message is written for the operator: what, where, and what to do instead. */
public class EmbeddedException extends Exception {
    EmbeddedException(String message) {
        this(message, null);
    }

    EmbeddedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
