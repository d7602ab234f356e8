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
    private static final int SHOWN = 80;

    public Fault {
        path = path == null ? null : printable(path);
        value = value == null ? null : printable(value);
    }

    @Override
    public String toString() {
        String place = where == null ? "" : where + ": ";
        String key = path == null ? "" : path + (value == null ? "" : " = " + value) + ": ";
        return place + key + problem;
    }

    /** On one line, and short: a fault goes to a log or a terminal, its text comes from anywhere. */
    private static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().limit(SHOWN).forEach(c -> {
            boolean shown =
                    !Character.isISOControl(c) && Character.isDefined(c) && Character.getType(c) != Character.FORMAT;
            out.appendCodePoint(shown && Character.getType(c) != Character.SURROGATE ? c : 0xfffd);
        });
        return text.codePointCount(0, text.length()) > SHOWN ? out.append('…').toString() : out.toString();
    }
}
