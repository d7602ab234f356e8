package io.portcullis.management;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Moments and durations whose form the contract has seen to. */
final class Times {

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

    private Times() {}

    /** What is wrong with the moment: there is no 31st of February, and no year 0. Null where nothing is. */
    static @Nullable String fault(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            // PostgreSQL has no year 0.
            return OffsetDateTime.parse(text).getYear() < 1 ? "there is no such year" : null;
        } catch (DateTimeException e) {
            return "there is no such day or time";
        }
    }

    /** @throws IllegalArgumentException where the form is another one */
    static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a duration");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }
}
