package io.portcullis.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.portcullis.cache.StreamEntry;
import io.portcullis.source.EventType;
import io.portcullis.source.SourceEvent;
import io.portcullis.source.SourceFault;
import io.portcullis.source.SourceRecord;
import io.portcullis.source.Stamp;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads an entry of the stream as an event of the Admin Service. Fields, each at most once; others are ignored:
 *
 * <ul>
 *   <li>{@code event_id}: 1 to 200 visible ASCII characters, as it is a key and stands in logs;
 *   <li>{@code event_type}: see {@link EventType}; another name of that kind is no fault, see {@link Reading.Foreign};
 *   <li>{@code occurred_at}: ISO 8601 with an offset, years 1970 to 9999, cut to microseconds. Without an offset it would be anybody's guess;
 *   <li>{@code version}: a decimal from 1 to 2^63-1; left out or empty for none (not every client of Redis can leave a field out);
 *   <li>{@code payload}: a JSON object in UTF-8, without two members of one name (readers disagree on which one counts). See
 *       {@link SourceRecord#of}.
 * </ul>
 *
 * Names and values together have at most 256 KB. Nothing that is in an entry makes this fail. Pure.
 */
final class EventReader {

    /** Of names and values of an entry. A client's record with 1,000 networks has some 20 KB. */
    static final int MOST_BYTES = 256 * 1024;

    private static final String ID = "event_id";
    private static final String TYPE = "event_type";
    private static final String OCCURRED_AT = "occurred_at";
    private static final String VERSION = "version";
    private static final String PAYLOAD = "payload";

    private static final Pattern ID_FORM = Pattern.compile("[!-~]{1,200}");
    private static final Pattern TYPE_FORM = Pattern.compile("[a-z0-9._-]{1,100}");
    private static final Pattern VERSION_FORM = Pattern.compile("[1-9][0-9]{0,18}");
    private static final int LONGEST_TIME = 64;

    private static final Instant FIRST = Instant.EPOCH;
    private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

    private static final JsonFactory STRICT = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Says why an entry is no event. */
    private static final class NoEvent extends Exception {
        NoEvent(String reason) {
            super(reason, null, false, false);
        }
    }

    private EventReader() {}

    static Reading read(StreamEntry entry) {
        EventType type = null;
        try {
            if (entry.bytes() > MOST_BYTES) {
                throw new NoEvent("it has more than " + MOST_BYTES + " bytes");
            }
            Map<String, Buffer> fields = fields(entry);
            String name = text(fields, TYPE, TYPE_FORM, "no type of an event");
            type = EventType.of(name);
            if (type == null) {
                return new Reading.Foreign(name);
            }
            return new Reading.Event(event(fields, type));
        } catch (NoEvent fault) {
            return new Reading.Fault(type, String.valueOf(fault.getMessage()));
        } catch (SourceFault fault) {
            return new Reading.Fault(type, "payload: " + fault.reason());
        } catch (RuntimeException ours) {
            // A reader must not be what ends a stream: whatever was not thought of costs this entry only.
            return new Reading.Fault(
                    type, "it cannot be read (" + ours.getClass().getSimpleName() + ")");
        }
    }

    /** As much of {@code event_id}, {@code event_type} and the payload's {@code client_id} as can be read, for people who look at dead letters. */
    static Glance glance(StreamEntry entry) {
        Map<String, Buffer> fields = new HashMap<>();
        entry.fields().forEach(field -> {
            if (field.name().length() <= PAYLOAD.length() * 2) {
                fields.putIfAbsent(field.name().toString(), field.value());
            }
        });
        return new Glance(
                glance(fields.get(ID), ID_FORM), glance(fields.get(TYPE), TYPE_FORM), clientId(fields.get(PAYLOAD)));
    }

    /** What is null could not be read. */
    record Glance(
            @Nullable String eventId,
            @Nullable String type,
            @Nullable String clientId) {}

    private static @Nullable String glance(@Nullable Buffer value, Pattern form) {
        if (value == null || value.length() > 200) {
            return null;
        }
        String text = value.toString(StandardCharsets.ISO_8859_1);
        return form.matcher(text).matches() ? text : null;
    }

    private static @Nullable String clientId(@Nullable Buffer payload) {
        if (payload == null || payload.length() > MOST_BYTES) {
            return null;
        }
        try {
            return SourceRecord.of(
                            new JsonObject().put("client_id", json(payload).getValue("client_id")))
                    .clientId();
        } catch (NoEvent | SourceFault | RuntimeException unreadable) {
            return null;
        }
    }

    private static SourceEvent event(Map<String, Buffer> fields, EventType type) throws NoEvent, SourceFault {
        String id = text(fields, ID, ID_FORM, "not 1 to 200 visible characters");
        Stamp stamp = Stamp.at(version(fields), occurredAt(fields), id);
        return new SourceEvent(id, type, stamp, SourceRecord.of(json(present(fields, PAYLOAD))));
    }

    /** Those that mean something. */
    private static Map<String, Buffer> fields(StreamEntry entry) throws NoEvent {
        Map<String, Buffer> fields = new HashMap<>();
        for (StreamEntry.Field field : entry.fields()) {
            String name = field.name().toString(StandardCharsets.ISO_8859_1);
            boolean known = switch (name) {
                case ID, TYPE, OCCURRED_AT, VERSION, PAYLOAD -> true;
                default -> false;
            };
            if (known && fields.put(name, field.value()) != null) {
                throw new NoEvent(name + " is there twice");
            }
        }
        return fields;
    }

    private static Buffer present(Map<String, Buffer> fields, String name) throws NoEvent {
        Buffer value = fields.get(name);
        if (value == null) {
            throw new NoEvent(name + " is missing");
        }
        return value;
    }

    private static String text(Map<String, Buffer> fields, String name, Pattern form, String otherwise) throws NoEvent {
        String text = present(fields, name).toString(StandardCharsets.ISO_8859_1);
        if (!form.matcher(text).matches()) {
            throw new NoEvent(name + " is " + otherwise);
        }
        return text;
    }

    private static long version(Map<String, Buffer> fields) throws NoEvent {
        Buffer value = fields.get(VERSION);
        if (value == null || value.length() == 0) {
            return 0;
        }
        try {
            return Long.parseLong(text(fields, VERSION, VERSION_FORM, "not a whole number from 1 to 2^63-1"));
        } catch (NumberFormatException tooLarge) {
            throw new NoEvent("version is not a whole number from 1 to 2^63-1");
        }
    }

    private static Instant occurredAt(Map<String, Buffer> fields) throws NoEvent {
        Buffer value = present(fields, OCCURRED_AT);
        String fault = OCCURRED_AT + " is not an ISO 8601 time with an offset, such as 2026-01-31T12:00:00.123Z";
        if (value.length() > LONGEST_TIME) {
            throw new NoEvent(fault);
        }
        Instant moment;
        try {
            moment = OffsetDateTime.parse(
                            value.toString(StandardCharsets.ISO_8859_1), DateTimeFormatter.ISO_OFFSET_DATE_TIME)
                    .toInstant();
        } catch (DateTimeException e) {
            throw new NoEvent(fault);
        }
        if (moment.isBefore(FIRST) || !moment.isBefore(END)) {
            throw new NoEvent(OCCURRED_AT + " is not within the years 1970 to 9999");
        }
        return moment;
    }

    private static JsonObject json(Buffer value) throws NoEvent {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(value.getBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new NoEvent("payload is not UTF-8");
        }
        try {
            checkUnambiguous(text);
            return new JsonObject(text);
        } catch (IOException | DecodeException e) {
            // Their messages quote what they stumbled over.
            throw new NoEvent("payload is not a JSON object, or has two members of one name");
        }
    }

    private static void checkUnambiguous(String text) throws IOException, NoEvent {
        try (JsonParser parser = STRICT.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new NoEvent("payload is not a JSON object");
            }
            while (parser.nextToken() != null) {
                // Each token is looked at by the parser.
            }
        }
    }
}
