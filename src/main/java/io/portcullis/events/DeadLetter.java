package io.portcullis.events;

import io.portcullis.cache.StreamId;
import org.jspecify.annotations.Nullable;

/**
 * An entry that could not be applied, as people may see it. What is null cannot be read.
 *
 * @param id among the dead letters
 * @param originalId in the stream
 * @param eventId as the source named it
 * @param type as the source named it
 * @param clientId of its payload
 * @param reason why it could not be applied
 * @param deliveries how often it was taken to be applied
 * @param failedAt ISO 8601, by the gateway's clock
 */
public record DeadLetter(
        StreamId id,
        @Nullable String originalId,
        @Nullable String eventId,
        @Nullable String type,
        @Nullable String clientId,
        @Nullable String reason,
        @Nullable Long deliveries,
        @Nullable String failedAt) {}
