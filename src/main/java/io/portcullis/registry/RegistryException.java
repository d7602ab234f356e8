package io.portcullis.registry;

import org.jspecify.annotations.Nullable;

/** Why the registry did not do what it was asked for. The message is for logs and operators; it never goes to a caller. */
public abstract sealed class RegistryException extends Exception {

    private final int code;

    private RegistryException(int code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    private RegistryException(int code, String message) {
        super(message);
        this.code = code;
    }

    private RegistryException(int code, String message, boolean traced) {
        super(message, null, traced, traced);
        this.code = code;
    }

    /** The stable code of the problem. */
    public int code() {
        return code;
    }

    /** For who asked again and again, and each time something had changed by the time the answer was there. */
    static RegistryException outpaced(String reason) {
        return new Unavailable("what was found did not count any more, several times over (" + reason + ")", null);
    }

    /** PostgreSQL's answer lacks changes that it had shown before: another server, or its history was taken back. */
    static RegistryException behind() {
        return new Unavailable("PostgreSQL answers from before what it had told already", null);
    }

    /** For who comes when PostgreSQL has all it can do. Without a stack trace: there are many of them, and time is short. */
    static RegistryException overloaded() {
        return new Overloaded("PostgreSQL has all the look-ups it can do");
    }

    /** More was asked at once than may wait, or it waited for too long. */
    static RegistryException overloaded(String reason) {
        return new Overloaded(reason);
    }

    /** For a client whose owner nobody can say anything of. Without a stack trace: while that is so each of his requests is one. */
    public static RegistryException ownerUnknown(String reason) {
        return new OwnerUnknown(reason);
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
        Unavailable(String message, @Nullable Throwable cause) {
            super(65011, message, cause);
        }
    }

    /** Whether the owner of a client is active could not be found out (65014). */
    public static final class OwnerUnknown extends RegistryException {
        private OwnerUnknown(String message) {
            super(65014, message, false);
        }
    }

    /** There is too much to do to do this as well (65015). What it asks of is not away. */
    public static final class Overloaded extends RegistryException {
        private Overloaded(String message) {
            super(65015, message, false);
        }
    }
}
