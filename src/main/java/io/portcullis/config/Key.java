package io.portcullis.config;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be configured.
 *
 * @param path its sections and name, as in {@code server.request-timeout}
 * @param initial its default; {@code null} for none
 * @param form unit and range, for whoever writes it; a range is written {@code a to b} exactly as the record's check says it
 * @param why why one would change it, or what happens if one does
 * @param also further environment variables that set it, later ones overridden by {@link #variable()}
 */
record Key<T>(String path, Type<T> type, @Nullable T initial, String form, String why, List<String> also) {
    static final String PREFIX = "PORTCULLIS_";

    /** The environment variable that every key has. */
    String variable() {
        return PREFIX + path.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** The last part of the path. */
    String name() {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    /** What may be shown of a value that was read for this key. */
    @SuppressWarnings("unchecked") // Settings puts in only what this key's type has read.
    List<String> show(Object value) {
        return type.writer().apply((T) value);
    }
}
