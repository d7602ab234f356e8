package io.portcullis;

import io.portcullis.config.Durations;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Times on a command line: moments by ISO 8601, or how far away they are. */
final class When {

    static final String AHEAD = "Such as 2030-01-31T00:00:00Z, or 90d from now.";
    static final String AGO = "Such as 2030-01-31T00:00:00Z, or 2h ago.";

    private When() {}

    /** For the API; null where none is given. */
    static @Nullable String ahead(String option, @Nullable String text, Output output) {
        return moment(option, text, 1, output);
    }

    /** As {@link #ahead}, to the other side. */
    static @Nullable String ago(String option, @Nullable String text, Output output) {
        return moment(option, text, -1, output);
    }

    /** For the API, which takes one number with one unit; null where none is given. */
    static @Nullable String duration(String option, @Nullable String text, Output output) {
        if (text == null) {
            return null;
        }
        try {
            Duration duration = Durations.parse(text);
            return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
        } catch (IllegalArgumentException e) {
            throw output.misuse(option + ": " + e.getMessage());
        }
    }

    private static @Nullable String moment(String option, @Nullable String text, int direction, Output output) {
        if (text == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text)
                    .toInstant()
                    .truncatedTo(ChronoUnit.MICROS)
                    .toString();
        } catch (DateTimeException e) {
            // Not that form.
        }
        try {
            return Instant.now()
                    .plus(Durations.parse(text).multipliedBy(direction))
                    .truncatedTo(ChronoUnit.SECONDS)
                    .toString();
        } catch (IllegalArgumentException | DateTimeException e) {
            throw output.misuse(option
                    + " is a time such as 2030-01-31T00:00:00Z, or a duration such as 2h or 90d, not '" + text + "'");
        }
    }
}
