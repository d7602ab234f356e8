package io.portcullis.auth;

/** The ways to present a credential; the configuration enables each on its own ({@code auth.schemes}). */
public enum CredentialScheme {
    /** {@code X-API-Key: pk_…} */
    API_KEY,
    /** {@code Authorization: ApiKey pk_…} */
    AUTHORIZATION_APIKEY,
    /** {@code Authorization: Bearer pk_…}; any other bearer token is the end user's and none of ours */
    BEARER,
    /** {@code Authorization: Basic base64(client_id:secret)} */
    BASIC
}
