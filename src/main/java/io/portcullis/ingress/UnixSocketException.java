package io.portcullis.ingress;

import org.jspecify.annotations.Nullable;

/** Why nobody can be listened to at the path that was configured. */
public final class UnixSocketException extends Exception {

    UnixSocketException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
