package io.portcullis.freshness;

/** What a process holds of the records, as far as the tail has to do with it. Called on the tail's thread, after the fence was raised. */
public interface Evictions {

    /** What is held of the client goes. */
    void client(String clientId);

    /** All that is held goes, at a cost that does not depend on how much that is. */
    void everything();
}
