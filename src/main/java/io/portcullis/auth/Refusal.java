package io.portcullis.auth;

/**
 * Why a caller may not, with the stable code and the public text. Each is an outcome of its own and stays one up to the last byte of the
 * answer; only unknown, wrong, revoked and expired are one on purpose ({@link #INVALID_CREDENTIALS}).
 */
public enum Refusal {
    INVALID_CREDENTIALS(65001, 401, "Invalid credentials"),
    MISSING_CREDENTIALS(65002, 401, "Missing credentials"),
    AMBIGUOUS_CREDENTIALS(65003, 400, "Ambiguous credentials"),
    CLIENT_NOT_ACTIVE(65004, 403, "Client not active"),
    ADDRESS_NOT_ALLOWED(65005, 403, "Address not allowed"),
    OWNER_NOT_ACTIVE(65016, 403, "Owner not active"),
    RATE_LIMITED(65010, 429, "Rate limited"),
    /** An invalid request and no ambiguous one: however many credentials there are, where this one stands it is in every log on the way. */
    CREDENTIAL_IN_QUERY(65008, 400, "Credential in the query string; send it in a header");

    private final int code;
    private final int status;
    private final String title;

    Refusal(int code, int status, String title) {
        this.code = code;
        this.status = status;
        this.title = title;
    }

    public int code() {
        return code;
    }

    /** HTTP status of the plain dialect. */
    public int status() {
        return status;
    }

    public String title() {
        return title;
    }
}
