package io.portcullis.events;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.portcullis.cache.StreamEntry;
import io.portcullis.cache.StreamEntry.Field;
import io.portcullis.source.SourceEvent;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Whatever stands in an entry: it is an event that can be applied, of another type, or no event for a reason that quotes nothing of it. */
class EventReaderFuzzTest {

    private static final List<String> NAMES =
            List.of("event_id", "event_type", "occurred_at", "version", "payload", "other");
    private static final List<String> VALUES = List.of(
            "e-1",
            "client.created",
            "client.revoked",
            "2026-01-31T12:00:00.123Z",
            "7",
            "{\"client_id\":\"00000000-0000-4000-8000-000000000001\",\"rate_limit\":7,\"metadata\":{\"a\":[1]}}");
    /** Every reason there is: from our own words, with the sizes and names that these have. */
    private static final Pattern REASON = Pattern.compile("[ -~]{5,200}");

    private static final long FIRST = 0;
    private static final long END = 253_402_300_800_000_000L;

    @FuzzTest(maxDuration = "1m")
    void anyEntry(FuzzedDataProvider data) {
        List<Field> fields = new ArrayList<>();
        while (data.remainingBytes() > 0 && fields.size() < 12) {
            Buffer name = data.consumeInt(0, 9) > 0
                    ? Buffer.buffer(data.pickValue(NAMES))
                    : Buffer.buffer(data.consumeBytes(data.consumeInt(0, 16)));
            Buffer value = data.consumeBoolean()
                    ? Buffer.buffer(data.pickValue(VALUES))
                    : Buffer.buffer(data.consumeBytes(data.consumeInt(0, 300)));
            fields.add(new Field(name, value));
        }
        check(fields);
    }

    @FuzzTest(maxDuration = "1m")
    void anyPayload(byte[] payload) {
        check(Entries.with(Entries.valid("e-1", 1), "payload", Buffer.buffer(payload)));
    }

    @FuzzTest(maxDuration = "1m")
    void anyTime(byte[] time) {
        check(Entries.with(Entries.valid("e-1", 1), "occurred_at", Buffer.buffer(time)));
    }

    private static void check(List<Field> fields) {
        StreamEntry entry = Entries.entry(fields);
        Reading reading = EventReader.read(entry);
        if (reading instanceof Reading.Event known) {
            SourceEvent event = known.event();
            check(event.id().matches("[!-~]{1,200}"), "an id that is not visible");
            check(event.stamp().version() >= 0, "a version below none");
            check(
                    event.stamp().occurredAtMicros() >= FIRST && event.stamp().occurredAtMicros() < END,
                    "a time beyond its years");
            check(fields.stream().filter(field -> is(field, "payload")).count() == 1, "of two payloads one was taken");
        } else if (reading instanceof Reading.Fault fault) {
            check(REASON.matcher(fault.reason()).matches(), "a reason that may quote the entry");
            check(!fault.reason().startsWith("it cannot be read"), "not thought of: " + fault.reason());
        }
        EventReader.Glance glance = EventReader.glance(entry);
        check(
                glance.clientId() == null || glance.clientId().matches("[0-9a-f-]{36}"),
                "a client's id that is none is shown");
    }

    private static boolean is(Field field, String name) {
        return field.name().toString(StandardCharsets.ISO_8859_1).equals(name);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
