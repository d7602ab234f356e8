package io.portcullis.cache;

import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * An entry of a stream: its fields in their order; a name may occur more than once. Shows none of them in logs.
 *
 * @param id its name and place
 * @param fields not to be changed
 */
public record StreamEntry(StreamId id, List<Field> fields) {

    /**
     * Name and value, any bytes.
     *
     * @param name not to be changed
     * @param value not to be changed
     */
    public record Field(Buffer name, Buffer value) {

        /** Both in UTF-8. */
        public static Field of(String name, String value) {
            return new Field(Buffer.buffer(name), Buffer.buffer(value));
        }

        @Override
        public String toString() {
            return "Field[" + bytes() + " bytes]";
        }

        /** Of name and value. */
        public int bytes() {
            return name.length() + value.length();
        }
    }

    /** Keeps a list of its own. */
    public StreamEntry {
        fields = List.copyOf(fields);
    }

    /** Of all names and values. */
    public long bytes() {
        return fields.stream().mapToLong(Field::bytes).sum();
    }

    @Override
    public String toString() {
        return "StreamEntry[" + id + ", " + fields.size() + " fields]";
    }
}
