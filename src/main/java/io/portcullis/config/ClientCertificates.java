package io.portcullis.config;

/** Whether the data plane asks its clients for certificates ({@code server.tls.client-auth}). */
public enum ClientCertificates {
    /** Asks for none. */
    NONE("none"),
    /** Asks, and goes on without. One that none of the authorities has signed ends the handshake all the same. */
    REQUEST("request"),
    /** No connection without one. */
    REQUIRED("required");

    private final String text;

    ClientCertificates(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException naming those there are */
    static ClientCertificates parse(String text) {
        for (ClientCertificates one : values()) {
            if (one.text.equals(text)) {
                return one;
            }
        }
        throw new IllegalArgumentException("expected none, request or required");
    }

    /** As the configuration writes it. */
    @Override
    public String toString() {
        return text;
    }
}
