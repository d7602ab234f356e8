package io.portcullis.cache;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an entry in a stream, which is its place, too: Redis gives them in growing order. Both parts are unsigned.
 *
 * @param millis since 1970 by Redis' clock, unless who wrote the entry chose the name
 * @param sequence within the millisecond
 */
public record StreamId(long millis, long sequence) implements Comparable<StreamId> {

    /** Before every entry. */
    public static final StreamId NONE = new StreamId(0, 0);

    // As Redis writes them. What may be typed for short (1526919030474) is not taken.
    private static final Pattern FORM = Pattern.compile("(0|[1-9]\\d{0,19})-(0|[1-9]\\d{0,19})");

    /** Null for what is no such name. */
    public static @Nullable StreamId parse(String text) {
        var parts = FORM.matcher(text);
        if (!parts.matches()) {
            return null;
        }
        try {
            return new StreamId(Long.parseUnsignedLong(parts.group(1)), Long.parseUnsignedLong(parts.group(2)));
        } catch (NumberFormatException tooLarge) {
            return null;
        }
    }

    @Override
    public int compareTo(StreamId other) {
        int order = Long.compareUnsigned(millis, other.millis);
        return order != 0 ? order : Long.compareUnsigned(sequence, other.sequence);
    }

    /** As Redis writes it. */
    @Override
    public String toString() {
        return Long.toUnsignedString(millis) + "-" + Long.toUnsignedString(sequence);
    }
}
