package io.portcullis;

/** A command cannot do what it was asked for; the message says why, and what to do about it. */
final class CommandException extends Exception {

    CommandException(String message) {
        super(message);
    }

    CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}
