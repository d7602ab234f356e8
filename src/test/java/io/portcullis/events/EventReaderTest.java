package io.portcullis.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.cache.StreamEntry.Field;
import io.portcullis.source.EventType;
import io.portcullis.source.SourceEvent;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventReaderTest {

    private static final List<Field> VALID = Entries.valid("e-1", 1);

    private static Reading read(List<Field> fields) {
        return EventReader.read(Entries.entry(fields));
    }

    private static Reading with(String name, String value) {
        return read(Entries.with(VALID, name, Buffer.buffer(value)));
    }

    private static SourceEvent event(Reading reading) {
        assertThat(reading).isInstanceOf(Reading.Event.class);
        return ((Reading.Event) reading).event();
    }

    private static String fault(Reading reading) {
        assertThat(reading).isInstanceOf(Reading.Fault.class);
        return ((Reading.Fault) reading).reason();
    }

    private static @Nullable EventType typeOfFault(Reading reading) {
        return ((Reading.Fault) reading).type();
    }

    @Test
    void aWholeEventIsRead() {
        SourceEvent event = event(read(VALID));
        assertThat(event.id()).isEqualTo("e-1");
        assertThat(event.type()).isEqualTo(EventType.CREATED);
        assertThat(event.stamp().version()).isEqualTo(7);
        assertThat(event.stamp().occurredAtMicros())
                .isEqualTo(Instant.parse("2026-01-31T12:00:00Z").getEpochSecond() * 1_000_000 + 123_456);
        assertThat(event.record().clientId()).isEqualTo(Entries.clientId(1));
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeIsRead(EventType type) {
        assertThat(event(with("event_type", type.toString())).type()).isEqualTo(type);
    }

    /** A newer Admin Service may tell of more than this build knows. */
    @Test
    void anotherTypeIsForeignWhateverElseIsInIt() {
        assertThat(with("event_type", "client.certificate_added"))
                .isEqualTo(new Reading.Foreign("client.certificate_added"));
        assertThat(read(List.of(Field.of("event_type", "tenant.created"))))
                .isEqualTo(new Reading.Foreign("tenant.created"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "client created", "Client.created", "client.created\n", "clïent.created"})
    void whatIsNoNameOfATypeIsAFault(String type) {
        assertThat(fault(with("event_type", type))).isEqualTo("event_type is no type of an event");
    }

    @ParameterizedTest
    @ValueSource(strings = {"event_id", "event_type", "occurred_at", "payload"})
    void whatIsMissingIsNamed(String name) {
        assertThat(fault(read(Entries.without(VALID, name)))).isEqualTo(name + " is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"event_id", "event_type", "occurred_at", "version", "payload"})
    void whatIsThereTwiceIsAFaultEvenIfItIsTheSame(String name) {
        List<Field> twice = new ArrayList<>(VALID);
        VALID.stream().filter(field -> field.name().toString().equals(name)).forEach(twice::add);
        assertThat(fault(read(twice))).isEqualTo(name + " is there twice");
    }

    @Test
    void otherFieldsAreIgnoredEvenTwice() {
        List<Field> more = new ArrayList<>(VALID);
        more.add(Field.of("trace", "1"));
        more.add(Field.of("trace", "2"));
        more.add(new Field(Buffer.buffer(new byte[] {0, -1}), Buffer.buffer()));
        assertThat(event(read(more)).id()).isEqualTo("e-1");
    }

    @Test
    void anEntryWithoutFieldsIsAFault() {
        assertThat(fault(read(List.of()))).isEqualTo("event_type is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\nb", "ä", "\u0000"})
    void anIdIsVisibleAscii(String id) {
        Reading reading = with("event_id", id);
        assertThat(fault(reading)).startsWith("event_id is not");
        assertThat(typeOfFault(reading)).isEqualTo(EventType.CREATED);
    }

    @Test
    void anIdHasAtMost200Characters() {
        assertThat(event(with("event_id", "x".repeat(200))).id()).hasSize(200);
        assertThat(fault(with("event_id", "x".repeat(201)))).startsWith("event_id is not");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1970-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999999Z",
                "2026-01-31T12:00:00+05:30",
                "2026-01-31T12:00Z",
                "2026-01-31t12:00:00z"
            })
    void timesWithAnOffsetAreRead(String time) {
        assertThat(event(with("occurred_at", time)).stamp().occurredAtMicros()).isNotNegative();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2026-01-31T12:00:00",
                "2026-01-31",
                "1769860800",
                "2026-02-30T12:00:00Z",
                "2026-01-31T25:00:00Z",
                "1969-12-31T23:59:59Z",
                "+10000-01-01T00:00:00Z",
                "+999999999-01-01T00:00:00Z",
                "-999999999-01-01T00:00:00Z",
                "2026-01-31T12:00:00Z ",
                "2026-01-31T12:00:00Z[Europe/Berlin]",
                "yesterday"
            })
    void otherTimesAreFaults(String time) {
        assertThat(fault(with("occurred_at", time))).startsWith("occurred_at is not");
    }

    @Test
    void aLongTimeIsNotEvenLookedAt() {
        assertThat(fault(with("occurred_at", "2026-01-31T12:00:00." + "0".repeat(100_000) + "Z")))
                .startsWith("occurred_at is not");
    }

    @Test
    void aVersionMayBeLeftOut() {
        assertThat(event(read(Entries.without(VALID, "version"))).stamp().version())
                .isZero();
        assertThat(event(with("version", "")).stamp().version()).isZero();
        assertThat(event(with("version", "9223372036854775807")).stamp().version())
                .isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "01", "1.0", "1e3", " 1", "9223372036854775808", "99999999999999999999", "١"})
    void otherVersionsAreFaults(String version) {
        assertThat(fault(with("version", version))).startsWith("version is not");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"x\"",
                "{",
                "{}x",
                "{\"client_id\":1,}",
                "{'client_id':1}",
                "{\"a\":1,\"a\":2}",
                "{\"metadata\":{\"a\":1,\"a\":1}}",
                "{\"a\":NaN}"
            })
    void aPayloadIsOneUnambiguousJsonObject(String payload) {
        assertThat(fault(with("payload", payload))).startsWith("payload is not a JSON object");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-32", "ISO-8859-1"})
    void aPayloadInAnotherCharsetIsAFault(String charset) {
        String payload = Entries.payload(1).put("bap_id", "bäp").encode();
        Reading reading =
                read(Entries.with(VALID, "payload", Buffer.buffer(payload.getBytes(Charset.forName(charset)))));
        assertThat(fault(reading)).startsWith("payload");
    }

    /** Read leniently it would be a client with another text in it. */
    @Test
    void aPayloadThatIsNearlyUtf8IsAFault() {
        byte[] payload = Entries.payload(1)
                .put("metadata", new JsonObject().put("note", "b\u00e4p"))
                .encode()
                .getBytes(StandardCharsets.ISO_8859_1);
        assertThat(fault(read(Entries.with(VALID, "payload", Buffer.buffer(payload)))))
                .isEqualTo("payload is not UTF-8");
    }

    @Test
    void aPayloadThatIsNoClientIsAFaultWithItsReason() {
        assertThat(fault(with("payload", "{}"))).isEqualTo("payload: client_id is not a UUID");
        assertThat(fault(with(
                        "payload", Entries.payload(1).put("rate_limit", "7").encode())))
                .startsWith("payload: rate_limit");
        assertThat(fault(with("payload", "{\"client_id\":\"" + Entries.clientId(1) + "\",\"x\":\"\\ud800\"}")))
                .startsWith("payload: ");
        assertThat(fault(with("payload", "{\"a\":" + "[".repeat(500) + "]".repeat(500) + "}")))
                .startsWith("payload: ");
    }

    @Test
    void deepNestingIsAFaultAndNoOverflow() {
        assertThat(fault(with("payload", "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}")))
                .startsWith("payload");
    }

    @Test
    void anEntryHasAtMost256KilobytesInAll() {
        List<Field> more = new ArrayList<>(VALID);
        more.add(Field.of("note", "x".repeat(EventReader.MOST_BYTES)));
        assertThat(fault(read(more))).isEqualTo("it has more than 262144 bytes");
    }

    /** Reasons go into logs and onto screens. */
    @Test
    void noReasonQuotesWhatIsInAnEntry() {
        String planted = "pl4nted";
        for (Field field : VALID) {
            String name = field.name().toString();
            for (String value : List.of(planted + "\u0000", "{\"" + planted + "\":" + planted + "}", planted + " x")) {
                Reading reading = with(name, value);
                if (reading instanceof Reading.Fault fault) {
                    assertThat(fault.reason()).doesNotContain(planted);
                }
            }
        }
    }

    @Test
    void aGlanceShowsWhatIsHarmless() {
        assertThat(EventReader.glance(Entries.entry(VALID)))
                .isEqualTo(new EventReader.Glance("e-1", "client.created", Entries.clientId(1)));
        assertThat(EventReader.glance(Entries.entry(List.of(
                        Field.of("event_id", "\u001b[31m"),
                        new Field(Buffer.buffer("event_type"), Buffer.buffer(new byte[300])),
                        Field.of("payload", "{\"client_id\":\"no\"}")))))
                .isEqualTo(new EventReader.Glance(null, null, null));
        String unsound = Entries.payload(1).put("rate_limit", -1).encode();
        assertThat(EventReader.glance(Entries.entry(Entries.with(
                                VALID, "payload", Buffer.buffer(unsound.getBytes(StandardCharsets.UTF_8)))))
                        .clientId())
                .as("also where the rest is at fault")
                .isEqualTo(Entries.clientId(1));
    }
}
