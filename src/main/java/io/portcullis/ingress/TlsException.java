package io.portcullis.ingress;

/** TLS files that cannot be used. The message names the file and says what is the matter, never what is in it. */
public final class TlsException extends Exception {

    TlsException(String message) {
        super(message);
    }
}
