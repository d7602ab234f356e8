package io.portcullis.bus;

/** A call that got no answer: nobody serves the address, or the deadline passed. What the server failed with arrives as it is instead. */
public final class BusException extends Exception {

    BusException(String message, Throwable cause) {
        super(message, cause);
    }
}
