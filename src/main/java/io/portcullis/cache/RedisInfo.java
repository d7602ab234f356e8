package io.portcullis.cache;

/** The answer to INFO: lines of {@code name:value}. */
final class RedisInfo {

    private final String text;

    private RedisInfo(String text) {
        this.text = text;
    }

    static RedisInfo read(String text) {
        return new RedisInfo(text);
    }

    /** The value behind {@code name:}. */
    String text(String name) {
        int start = text.startsWith(name) ? 0 : text.indexOf("\n" + name) + 1;
        if (!text.startsWith(name, start)) {
            throw new RedisFailure.Garbled("INFO without what was asked for");
        }
        int end = text.indexOf('\r', start);
        return text.substring(start + name.length(), end < 0 ? text.length() : end);
    }

    long number(String name) {
        try {
            return Long.parseLong(text(name));
        } catch (NumberFormatException e) {
            throw new RedisFailure.Garbled("INFO with no number where one must be");
        }
    }
}
