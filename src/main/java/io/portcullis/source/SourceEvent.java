package io.portcullis.source;

import io.portcullis.auth.ClientStatus;

/**
 * Something that happened to a client at the source.
 *
 * @param id by which it is told from others, and known when it comes again
 * @param record what it says of the client
 */
public record SourceEvent(String id, EventType type, Stamp stamp, SourceRecord record) {

    /** Of a type that sets a status, only that is taken. */
    public SourceEvent {
        ClientStatus status = type.status();
        if (status != null) {
            record = SourceRecord.ofStatus(record.clientId(), status);
        }
    }
}
