package io.portcullis.ingress;

import io.portcullis.auth.Refusal;
import io.portcullis.bus.BusException;
import io.portcullis.registry.RegistryException;
import java.util.EnumMap;
import java.util.Map;

/**
 * An answer that is not 200, as RFC 9457 tells it: stable code, status, public title. The text is all that leaves the process; why is for
 * the log.
 *
 * @param code as in the table of errors
 * @param status HTTP
 * @param title the same for every occurrence
 * @param retryAfter seconds after which it is worth another try, 0 where that is not for us to say
 */
record Problem(int code, int status, String title, int retryAfter) {

    static final Problem INVALID_REQUEST = new Problem(65008, 400, "Invalid request");
    static final Problem URI_TOO_LONG = new Problem(65008, 414, "URI too long");
    static final Problem HEADERS_TOO_LARGE = new Problem(65008, 431, "Request header fields too large");
    static final Problem NOT_IMPLEMENTED = new Problem(65008, 501, "Method not implemented");
    static final Problem DATABASE_ERROR = new Problem(65011, 503, "Database error");
    static final Problem USER_SERVICE_UNAVAILABLE = new Problem(65014, 503, "User service is currently unavailable");
    static final Problem OVERLOADED = new Problem(65015, 503, "Overloaded");
    static final Problem NO_SUCH_ROUTE = new Problem(65019, 404, "No such route");
    static final Problem INTERNAL_ERROR = new Problem(65020, 500, "Internal error");

    private static final Map<Refusal, Problem> REFUSALS = new EnumMap<>(Refusal.class);

    static {
        for (Refusal refusal : Refusal.values()) {
            REFUSALS.put(refusal, new Problem(refusal.code(), refusal.status(), refusal.title()));
        }
    }

    /** What failed on our side is tried again in a second. */
    Problem(int code, int status, String title) {
        this(code, status, title, status == 503 ? 1 : 0);
    }

    static Problem of(Refusal refusal) {
        return REFUSALS.getOrDefault(refusal, INTERNAL_ERROR);
    }

    /** The one place where a failure of ours becomes an answer. */
    static Problem of(Throwable failure) {
        if (failure instanceof RegistryException.Unavailable || failure instanceof BusException) {
            return DATABASE_ERROR;
        }
        if (failure instanceof RegistryException.OwnerUnknown) {
            return USER_SERVICE_UNAVAILABLE;
        }
        return failure instanceof RegistryException.Overloaded ? OVERLOADED : INTERNAL_ERROR;
    }

    String json(String requestId) {
        return "{\"type\":\"urn:portcullis:problem:" + code + "\",\"title\":\"" + title + "\",\"status\":" + status
                + ",\"code\":" + code + ",\"requestId\":\"" + requestId + "\"}";
    }
}
