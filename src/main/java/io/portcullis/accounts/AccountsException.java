package io.portcullis.accounts;

import org.jspecify.annotations.Nullable;

/** PostgreSQL did not answer, or not in time (65011). The message is for logs; it never goes to a caller. */
public final class AccountsException extends Exception {

    private static final long serialVersionUID = 1;

    AccountsException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
