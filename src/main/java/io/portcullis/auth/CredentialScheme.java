package io.portcullis.auth;

/** The ways to present a credential; the configuration enables each on its own ({@code auth.schemes}). */
public enum CredentialScheme {
    /** {@code X-API-Key: pk_…} */
    API_KEY("api-key"),
    /** {@code Authorization: ApiKey pk_…} */
    AUTHORIZATION_APIKEY("authorization-apikey"),
    /** {@code Authorization: Bearer pk_…}; any other bearer token is the end user's and none of ours */
    BEARER("bearer"),
    /** {@code Authorization: Basic base64(client_id:secret)} (RFC 7617) */
    BASIC("basic"),
    /** The certificate that a connection over TLS was opened with */
    CERTIFICATE("certificate");

    private final String text;

    CredentialScheme(String text) {
        this.text = text;
    }

    /**
     * Reads a scheme as the configuration writes it.
     *
     * @throws IllegalArgumentException naming those there are
     */
    public static CredentialScheme parse(String text) {
        for (CredentialScheme scheme : values()) {
            if (scheme.text.equals(text)) {
                return scheme;
            }
        }
        throw new IllegalArgumentException("expected any of api-key, authorization-apikey, bearer, basic, certificate");
    }

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return text;
    }
}
