package io.portcullis.upstream;

import io.portcullis.bus.BusException;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * Why there is no active user to be had, with the stable code, the status and the public text that who asked is to be told. The message is
 * for logs and says which user is meant no more than that. There may be thousands a second: no stack trace.
 */
public final class UserServiceException extends Exception {

    private static final long serialVersionUID = 1;

    /** What who asked is told. */
    public enum Reason {
        /** The service says so. */
        NOT_FOUND_OR_INACTIVE(65012, 400, "User not found or inactive"),
        /** It answered, or ended the connection, in a way that nothing follows from. */
        FAILED(65013, 502, "Error communicating with user service"),
        /** No answer in time, or not asked because that was to be expected. */
        UNAVAILABLE(65014, 503, "User service is currently unavailable");

        private final int code;
        private final int status;
        private final String title;

        Reason(int code, int status, String title) {
            this.code = code;
            this.status = status;
            this.title = title;
        }
    }

    private final Reason reason;

    private UserServiceException(Reason reason, @Nullable String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    /** The stable code of the problem. */
    public int code() {
        return reason.code;
    }

    /** HTTP. */
    public int status() {
        return reason.status;
    }

    /** The same for every occurrence. */
    public String title() {
        return reason.title;
    }

    static UserServiceException notActive() {
        return new UserServiceException(
                Reason.NOT_FOUND_OR_INACTIVE, "the user service knows of no active user of this id");
    }

    /** The failure as who asked is to be told; a defect of ours stays what it is. */
    static <T> Future<T> told(Throwable failure) {
        if (failure instanceof UpstreamException known) {
            return Future.failedFuture(new UserServiceException(reason(known.outcome()), known.getMessage()));
        }
        if (failure instanceof BusException) {
            return Future.failedFuture(new UserServiceException(Reason.UNAVAILABLE, "user-service: no answer in time"));
        }
        return Future.failedFuture(failure);
    }

    private static Reason reason(Outcome outcome) {
        return switch (outcome) {
            case TIMEOUT, REJECTED -> Reason.UNAVAILABLE;
            case OK, CLIENT_ERROR, SERVER_ERROR, CONNECTION, MALFORMED -> Reason.FAILED;
        };
    }
}
