package io.portcullis.source;

/** What the source may say of a client, by the name that it has there and as a column. */
enum Field {
    CLIENT_CODE("client_code"),
    TENANT_ID("tenant_id"),
    OWNER_USER_ID("owner_user_id"),
    SECRET_HASH("client_secret_hash"),
    BAP_ID("bap_id"),
    BAP_URI("bap_uri"),
    ALLOWED_IPS("allowed_ips"),
    RATE_LIMIT("rate_limit"),
    METADATA("metadata"),
    STATUS("status");

    private static final Field[] ALL = values();

    private final String text;

    Field(String text) {
        this.text = text;
    }

    static Field[] all() {
        return ALL;
    }

    String text() {
        return text;
    }
}
