package io.portcullis;

/** The gateway cannot start, or a command cannot be carried out; the message is for the operator. */
public final class StartException extends Exception {

    StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
