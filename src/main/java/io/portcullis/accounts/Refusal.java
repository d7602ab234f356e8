package io.portcullis.accounts;

import io.vertx.core.json.JsonObject;

/**
 * Why something was not done. A value: what fails is a future, and then it is we who are broken.
 *
 * @param detail for who asked, in our own words and his
 * @param members beside the usual ones of a problem (RFC 9457 §3.2)
 */
public record Refusal(Reason reason, String detail, JsonObject members) {

    /** The stable code, the status and the public title. */
    public enum Reason {
        INVALID(65008, 400, "Invalid request"),
        OWNER(65012, 400, "User not found or inactive"),
        OWNER_SERVICE_FAILED(65013, 502, "Error communicating with user service"),
        OWNER_SERVICE_AWAY(65014, 503, "User service is currently unavailable"),
        REDIS_AWAY(65011, 503, "Database error"),
        FORBIDDEN(65007, 403, "Insufficient scope"),
        NOT_FOUND(65006, 404, "Client not found"),
        NO_SUCH_THING(65019, 404, "Not found"),
        CONFLICT(65009, 409, "Conflict"),
        VERSION(65017, 412, "Version does not match"),
        KEY_REUSED(65018, 422, "Idempotency key reused with another body"),
        VERSION_MISSING(65008, 428, "If-Match is missing");

        private final int code;
        private final int status;
        private final String title;

        Reason(int code, int status, String title) {
            this.code = code;
            this.status = status;
            this.title = title;
        }

        public int code() {
            return code;
        }

        public int status() {
            return status;
        }

        public String title() {
            return title;
        }

        static Reason ofCode(int code, int status) {
            for (Reason reason : values()) {
                if (reason.code == code && reason.status == status) {
                    return reason;
                }
            }
            return INVALID;
        }

        /** Whether asking again with the same words may end otherwise: then the answer is not kept. */
        boolean passes() {
            return status >= 500;
        }
    }

    public Refusal(Reason reason, String detail) {
        this(reason, detail, new JsonObject());
    }

    static Refusal invalid(String detail) {
        return new Refusal(Reason.INVALID, detail);
    }

    static Refusal noClient() {
        return new Refusal(Reason.NOT_FOUND, "there is no client of this id");
    }

    static Refusal conflict(String detail) {
        return new Refusal(Reason.CONFLICT, detail);
    }
}
