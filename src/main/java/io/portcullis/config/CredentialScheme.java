package io.portcullis.config;

/** The ways a caller may present a credential. */
public enum CredentialScheme {
    /** {@code X-API-Key: …}, with or without {@code X-Client-Id}. */
    API_KEY("api-key"),
    /** {@code Authorization: ApiKey …}. */
    AUTHORIZATION_APIKEY("authorization-apikey"),
    /** {@code Authorization: Bearer …}. */
    BEARER("bearer"),
    /** {@code Authorization: Basic …} (RFC 7617). */
    BASIC("basic");

    private final String text;

    CredentialScheme(String text) {
        this.text = text;
    }

    /**
     * Reads a scheme by the name it has in the configuration.
     *
     * @throws IllegalArgumentException if there is no such scheme
     */
    public static CredentialScheme parse(String text) {
        for (CredentialScheme scheme : values()) {
            if (scheme.text.equals(text)) {
                return scheme;
            }
        }
        throw new IllegalArgumentException("expected any of api-key, authorization-apikey, bearer, basic");
    }

    @Override
    public String toString() {
        return text;
    }
}
