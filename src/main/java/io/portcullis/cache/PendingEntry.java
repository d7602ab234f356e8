package io.portcullis.cache;

/**
 * An entry that a consumer was given and has not acknowledged.
 *
 * @param consumer who was given it last
 * @param idleMillis since then
 * @param deliveries how often it was given to anybody, at least 1
 */
public record PendingEntry(StreamId id, String consumer, long idleMillis, long deliveries) {}
