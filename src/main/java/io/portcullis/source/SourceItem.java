package io.portcullis.source;

import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * A client as the source has it now.
 *
 * @param version as the source counts, 0 where it does not say
 * @param updatedAt when it changed there last, by its clock; null where it does not say
 */
public record SourceItem(
        SourceRecord record, long version, @Nullable Instant updatedAt) {

    private static final Duration CLOCKS_APART = Duration.ofMinutes(5);

    /**
     * Reads an item of the source's API: as {@link SourceRecord#of}, with {@code version} and {@code updated_at} (RFC 3339) if they are there.
     *
     * @throws SourceFault it is no client's record, or one that could not be stored or served
     */
    public static SourceItem of(JsonObject json) throws SourceFault {
        SourceRecord record = SourceRecord.of(json);
        return new SourceItem(record, version(json.getValue("version")), updatedAt(json.getValue("updated_at")));
    }

    private static long version(@Nullable Object value) throws SourceFault {
        if (value == null) {
            return 0;
        }
        if ((value instanceof Integer || value instanceof Long) && ((Number) value).longValue() > 0) {
            return ((Number) value).longValue();
        }
        throw new SourceFault("version is not a whole number from 1");
    }

    private static @Nullable Instant updatedAt(@Nullable Object value) throws SourceFault {
        if (value == null) {
            return null;
        }
        try {
            if (value instanceof String text) {
                return OffsetDateTime.parse(text).toInstant();
            }
        } catch (DateTimeException e) {
            throw new SourceFault("updated_at is no time of RFC 3339");
        }
        throw new SourceFault("updated_at is no time of RFC 3339");
    }

    /**
     * As of when it holds. An item that says nothing of it is taken to be as old as the source's clock, and a reader's, may be apart.
     *
     * @param readAt when it was asked for
     */
    Stamp stamp(Instant readAt) {
        Instant asOf = updatedAt == null ? readAt.minus(CLOCKS_APART) : updatedAt;
        return Stamp.at(version, asOf, "sync");
    }
}
