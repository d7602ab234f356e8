package io.portcullis.registry;

/** Why the registry did not do what it was asked for. The message is for logs and operators; it never goes to a caller. */
public abstract sealed class RegistryException extends Exception {

    private final int code;

    private RegistryException(int code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    private RegistryException(int code, String message) {
        super(message);
        this.code = code;
    }

    /** The stable code of the problem. */
    public int code() {
        return code;
    }

    /** There is no such client (65006). */
    public static final class ClientNotFound extends RegistryException {
        ClientNotFound(String clientId) {
            super(65006, "no client " + clientId);
        }
    }

    /** The record does not allow it: an illegal step in a client's life, a digest or an id that is taken (65009). */
    public static final class Conflict extends RegistryException {
        Conflict(String message) {
            super(65009, message);
        }
    }

    /** PostgreSQL did not answer, or not in time (65011). */
    public static final class Unavailable extends RegistryException {
        Unavailable(String message, Throwable cause) {
            super(65011, message, cause);
        }
    }
}
