package io.portcullis;

import org.jspecify.annotations.Nullable;

/** What a person is told of a failure: the message, and those of its causes that say more. No stack trace; that is for the log. */
final class Failures {

    private Failures() {}

    static String text(Throwable failure) {
        StringBuilder text = new StringBuilder(message(failure));
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            String more = cause.getMessage();
            if (more != null && text.indexOf(more) < 0) {
                text.append(": ").append(more);
            }
        }
        return text.toString();
    }

    private static String message(Throwable failure) {
        @Nullable String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
