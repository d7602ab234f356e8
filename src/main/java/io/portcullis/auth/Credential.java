package io.portcullis.auth;

/** What a caller proves himself with. Texts are ISO 8859-1, at most {@link Credentials#MAX_LENGTH} characters. Never logged. */
public sealed interface Credential extends Presented {

    /** One of our keys, from whatever header it came. */
    record Key(String value) implements Credential {
        @Override
        public String toString() {
            return "key ***";
        }
    }

    /** The name of a certificate that TLS has verified and that is the peer's own ({@link CertificateIdentity}). */
    record Certificate(String name) implements Credential {}

    /** A client id and its secret (Basic, RFC 7617). The secret is the client's own, or one of its keys. */
    record ClientSecret(String clientId, String secret) implements Credential {
        @Override
        public String toString() {
            return "secret of " + clientId + " ***";
        }
    }
}
