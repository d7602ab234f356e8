package io.portcullis.config;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with a configuration.
 *
 * @param where {@code file:line:column}, or the name of an environment variable; {@code null} for a key that is given nowhere
 * @param path the key; {@code null} if it concerns the whole file
 * @param value what was given, fit to be shown: {@code ***} for what may be a secret; {@code null} if nothing was, or it does not matter
 * @param problem what is wrong, and what is expected
 */
public record Fault(
        @Nullable String where,
        @Nullable String path,
        @Nullable String value,
        String problem) {
    private static final int SHORT = 80;
    private static final int LONG = 1000;

    public Fault {
        where = where == null ? null : printable(where, LONG);
        path = path == null ? null : printable(path, SHORT);
        value = value == null ? null : printable(value, SHORT);
        problem = printable(problem, LONG);
    }

    @Override
    public String toString() {
        String place = where == null ? "" : where + ": ";
        String key = path == null ? "" : path + (value == null ? "" : " = " + value) + ": ";
        return place + key + problem;
    }

    /** On one line, and not too long: a fault goes to a log or a terminal, and its texts come from anywhere. */
    private static String printable(String text, int limit) {
        StringBuilder out = new StringBuilder();
        text.codePoints().limit(limit).forEach(c -> out.appendCodePoint(isPrintable(c) ? c : 0xfffd));
        return text.codePointCount(0, text.length()) > limit ? out.append('…').toString() : out.toString();
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
